import type { Transporter } from 'nodemailer';
import { describeSmtpFailure, type MailNotSentError } from './mail-not-sent.ts';

export type SmtpSettings = {
  host: string;
  port: number;
  user?: string | undefined;
  password?: string | undefined;
  security: 'starttls' | 'tls' | 'none';
  fromEmail: string;
  fromName: string;
};

export type OutgoingMail = { id: string; to: string; subject: string; text: string; html: string };

export type SmtpTransport = {
  /** Returns when the server has taken the mail over; throws `MailNotSentError` where it has not. */
  send(mail: OutgoingMail): Promise<void>;
};

type Limits = {
  connectMilliseconds: number;
  greetMilliseconds: number;
  silenceMilliseconds: number;
  /** Of the whole attempt: a server that sends a byte now and then is never silent. */
  attemptMilliseconds: number;
  /** Certificate authorities beside those of the system. */
  authorities?: string;
};

const usualLimits: Limits = {
  connectMilliseconds: 10_000,
  greetMilliseconds: 10_000,
  silenceMilliseconds: 30_000,
  attemptMilliseconds: 30_000,
};

/**
 * Hands mails to a mail server, each over a connection of its own, so that a broken one spoils no other. Off loopback
 * always over TLS, with the server's certificate checked (ASVS V12.3.1).
 */
export function createSmtpTransport(settings: SmtpSettings, limits: Limits = usualLimits): SmtpTransport {
  let opening: Promise<Transporter> | undefined;
  return {
    send: async (mail) => {
      requirePlainAddress(mail.to);
      // Loaded with the first mail: most of the time there is none.
      opening ??= openTransporter(settings, limits);
      const transporter = await opening;
      const signal = AbortSignal.timeout(limits.attemptMilliseconds);
      await transporter.sendMail({ ...messageOf(settings, mail), signal }).catch(failed);
    },
  };
}

function failed(error: unknown): never {
  const failure: MailNotSentError = describeSmtpFailure(error);
  throw failure;
}

async function openTransporter(settings: SmtpSettings, limits: Limits): Promise<Transporter> {
  const { createTransport } = await import('nodemailer');
  const { host, port, user, password, security } = settings;
  return createTransport({
    host,
    port,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    tls: { minVersion: 'TLSv1.2', ...(limits.authorities && { ca: limits.authorities }) },
    ...(user !== undefined && { auth: { user, pass: password ?? '' } }),
    connectionTimeout: limits.connectMilliseconds,
    greetingTimeout: limits.greetMilliseconds,
    socketTimeout: limits.silenceMilliseconds,
    dnsTimeout: limits.connectMilliseconds,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

function messageOf({ fromEmail, fromName }: SmtpSettings, { id, to, subject, text, html }: OutgoingMail) {
  return {
    from: { name: fromName, address: fromEmail },
    to: { name: '', address: to },
    // What the server is told, whatever the headers say.
    envelope: { from: fromEmail, to: [to] },
    // The same for every attempt, so that a receiver can drop the copy that a crash may cause.
    messageId: `<${id}@${fromEmail.slice(fromEmail.lastIndexOf('@') + 1)}>`,
    headers: { 'Auto-Submitted': 'auto-generated' },
    subject,
    text,
    html,
  };
}

/** The accounts' own check has let nothing else through; this wall stands where the harm would be done. */
function requirePlainAddress(address: string): void {
  if (!/^[^\s,;:<>"()[\]\\@\p{Cc}]+@[^\s,;:<>"()[\]\\@\p{Cc}]+$/u.test(address)) {
    throw new TypeError('a mail goes to one plain address');
  }
}
