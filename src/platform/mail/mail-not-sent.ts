/** Why a mail was not taken over. `reason` is short and safe to show: no word of the server's, no address, no host. */
export class MailNotSentError extends Error {
  /** True where no later attempt can succeed: the receiver refuses this mail. */
  readonly permanent: boolean;
  readonly reason: string;

  constructor(reason: string, permanent: boolean, cause: unknown) {
    super(`the mail was not sent: ${reason}`, { cause });
    this.name = 'MailNotSentError';
    this.reason = reason;
    this.permanent = permanent;
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
    return new MailNotSentError(`smtp ${responseCode} ${step}`, permanent, error);
  }
  return new MailNotSentError(reasonOf(error as SmtpError, code), false, error);
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
  if (error?.name === 'AbortError' || error?.name === 'TimeoutError') return 'timeout';
  const text = `${code} ${error?.message ?? ''}`;
  if (/ECONNREFUSED/.test(text)) return 'connection refused';
  if (/certificate|self.signed|altnames|CERT_|TLS|SSL/i.test(text)) return 'no trusted TLS';
  return reasons[code] ?? 'connection lost';
}
