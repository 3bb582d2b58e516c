/** Why a mail was not taken over. `reason` is short and safe to show: no word of the server's, no address, no host. */
export class MailNotSentError extends Error {
  /** True where no later attempt can succeed: the receiver refuses this mail. */
  readonly permanent: boolean;
  /** True where it is no matter of this mail: the server is away, or refuses whatever comes from here. */
  readonly isOutage: boolean;
  readonly reason: string;

  constructor(
    reason: string,
    { permanent = false, isOutage = false }: { permanent?: boolean; isOutage?: boolean },
    cause?: unknown,
  ) {
    super(`the mail was not sent: ${reason}`, { cause });
    this.name = 'MailNotSentError';
    this.reason = reason;
    this.permanent = permanent;
    this.isOutage = isOutage;
  }
}

type SmtpError = { code?: string; command?: string; responseCode?: number; message?: string; name?: string };

const steps: Record<string, string> = { 'MAIL FROM': 'mail', 'RCPT TO': 'rcpt', DATA: 'data' };

/**
 * `5yz` to the recipient or to the message is the last word (RFC 5321 § 4.2.1). Everything else passes, or is the
 * operator's to mend: a sender, a certificate or a password that is refused must not cost the mails of that hour.
 */
export function describeSmtpFailure(error: unknown): MailNotSentError {
  const { code, command = '', responseCode = 0 } = (error ?? {}) as SmtpError;
  const step = steps[command];
  if (step !== undefined && responseCode >= 400) {
    const permanent = responseCode >= 500 && step !== 'mail';
    // 421: the service is about to close (RFC 5321 § 3.8). A sender that is refused is so for all mails.
    const isOutage = responseCode === 421 || (responseCode >= 500 && step === 'mail');
    return new MailNotSentError(`smtp ${responseCode} ${step}`, { permanent, isOutage }, error);
  }
  // The end of an attempt's own time may be this mail's fault; the driver's timeouts are the server's.
  return new MailNotSentError(
    reasonOf(error as SmtpError, code),
    { isOutage: !isAbort(error as SmtpError) },
    error,
  );
}

const reasons: Record<string, string> = {
  EAUTH: 'authentication refused',
  EDNS: 'name not found',
  ETLS: 'no trusted TLS',
  ETIMEDOUT: 'timeout',
  ECONNREFUSED: 'connection refused',
  EPROTOCOL: 'not understood',
};

function reasonOf(error: SmtpError | null, code = ''): string {
  if (isAbort(error)) return 'timeout';
  const text = `${code} ${error?.message ?? ''}`;
  if (/ECONNREFUSED/.test(text)) return 'connection refused';
  if (/certificate|self.signed|altnames|CERT_|TLS|SSL/i.test(text)) return 'no trusted TLS';
  return reasons[code] ?? 'connection lost';
}

function isAbort(error: SmtpError | null): boolean {
  return error?.name === 'AbortError' || error?.name === 'TimeoutError';
}
