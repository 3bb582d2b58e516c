import { Readable } from 'node:stream';
import type { Transporter } from 'nodemailer';
import { createTurns } from './delivery-turns.ts';
import { describeSmtpFailure, MailNotSentError } from './mail-not-sent.ts';

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
  /**
   * Returns when the server has taken the mail over and `record` has noted it; throws `MailNotSentError` where it has
   * not. From a mail's last byte to the end of its `record` no other is there: a process that dies leaves one mail at
   * most of which nobody knows that it was sent.
   */
  send(mail: OutgoingMail, record?: () => Promise<void>): Promise<void>;
};

type Limits = {
  connectMilliseconds: number;
  greetMilliseconds: number;
  silenceMilliseconds: number;
  /** Of the whole attempt: a server that sends a byte now and then is never silent. */
  attemptMilliseconds: number;
  /** How long a mail waits for the server's answer to the one before: one that stalls delays the others once. */
  turnMilliseconds: number;
  /** Certificate authorities beside those of the system. */
  authorities?: string;
};

const usualLimits: Limits = {
  connectMilliseconds: 10_000,
  greetMilliseconds: 10_000,
  silenceMilliseconds: 30_000,
  attemptMilliseconds: 30_000,
  turnMilliseconds: 3000,
};

/**
 * Hands mails to a mail server, each over a connection of its own, so that a broken one spoils no other. Off loopback
 * always over TLS, with the server's certificate checked (ASVS V12.3.1).
 */
export function createSmtpTransport(settings: SmtpSettings, limits: Limits = usualLimits): SmtpTransport {
  const newTurn = createTurns(limits.turnMilliseconds);
  let opening: Promise<Outgoing> | undefined;
  return {
    send: async (mail, record = async () => {}) => {
      requirePlainAddress(mail.to);
      // Loaded with the first mail: most of the time there is none.
      opening ??= openTransporter(settings, limits);
      const { transporter, compose } = await opening;
      const bytes = await compose(messageOf(settings, mail)).catch(unwritten);
      const turn = newTurn();
      const raw = Readable.from(endingInTurn(bytes, () => turn.begin()));
      const signal = AbortSignal.timeout(limits.attemptMilliseconds);
      try {
        await transporter.sendMail({ envelope: envelopeOf(settings, mail), raw, signal }).catch(failed);
        await record();
      } finally {
        turn.end();
      }
    },
  };
}

/** What a server has is no mail before its end. */
async function* endingInTurn(bytes: Buffer, begin: () => Promise<void>): AsyncGenerator<Buffer> {
  yield bytes;
  await begin();
}

/** What could not be made of a mail's words once cannot be made the next time. */
function unwritten(error: unknown): never {
  throw new MailNotSentError('it cannot be written', { permanent: true }, error);
}

function failed(error: unknown): never {
  const failure: MailNotSentError = describeSmtpFailure(error);
  throw failure;
}

type Outgoing = { transporter: Transporter; compose: (message: Message) => Promise<Buffer> };

async function openTransporter(settings: SmtpSettings, limits: Limits): Promise<Outgoing> {
  const { createTransport } = await import('nodemailer');
  const { default: MailComposer } = await import('nodemailer/lib/mail-composer');
  const { host, port, user, password, security } = settings;
  const transporter = createTransport({
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
    ...noAccess,
  });
  return {
    transporter,
    compose: (message) => new MailComposer({ ...message, ...noAccess }).compile().build(),
  };
}

const noAccess = { disableFileAccess: true, disableUrlAccess: true };

/** What the server is told, whatever the headers say. */
function envelopeOf({ fromEmail }: SmtpSettings, { to }: OutgoingMail) {
  return { from: fromEmail, to: [to] };
}

type Message = ReturnType<typeof messageOf>;

function messageOf({ fromEmail, fromName }: SmtpSettings, { id, to, subject, text, html }: OutgoingMail) {
  return {
    from: { name: fromName, address: fromEmail },
    to: { name: '', address: to },
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
    throw new MailNotSentError('not one plain address', { permanent: true });
  }
}
