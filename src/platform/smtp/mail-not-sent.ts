/** `reason` is safe to show: no text of the server, no address, no host. */
export class MailNotSentError extends Error {
  /** True if the receiver rejects this mail, so that no retry can succeed. */
  readonly permanent: boolean;
  /** True if the cause is not this mail: the server is unavailable or rejects all our mails. */
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

type SmtpError = {
  code?: string;
  command?: string;
  responseCode?: number;
  message?: string;
  name?: string;
};

const steps: Record<string, string> = { 'MAIL FROM': 'mail', 'RCPT TO': 'rcpt', DATA: 'data' };

/**
 * Only `5yz` for the recipient or the message is permanent (RFC 5321 § 4.2.1). Everything else is
 * transient or for the operator to fix: a rejected sender, certificate or password must not lose
 * mails.
 */
export function describeSmtpFailure(error: unknown): MailNotSentError {
  const { code, command = '', responseCode = 0 } = (error ?? {}) as SmtpError;
  const step = steps[command];
  if (step !== undefined && responseCode >= 400) {
    const permanent = responseCode >= 500 && step !== 'mail';
    // 421: the server is shutting down (RFC 5321 § 3.8). A rejected sender affects all mails.
    const isOutage = responseCode === 421 || (responseCode >= 500 && step === 'mail');
    return new MailNotSentError(`smtp ${responseCode} ${step}`, { permanent, isOutage }, error);
  }
  // This mail may cause the timeout of the attempt; the timeouts of nodemailer are the server's.
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
