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

export type OutgoingMail = {
  id: string;
  to: string;
  subject: string;
  text: string;
  html: string;
  /** A PNG that `html` shows as `cid:logo`. */
  logo?: Buffer;
};

export type SmtpTransport = {
  /**
   * Resolves when the server has accepted the mail and `record` has stored that; throws
   * `MailNotSentError` if it has not. Only one mail at a time is between its last byte and the end
   * of its `record`: a process that dies leaves at most one mail that was sent but not recorded.
   */
  send(mail: OutgoingMail, record?: () => Promise<void>): Promise<void>;
};

type Limits = {
  connectMilliseconds: number;
  greetMilliseconds: number;
  silenceMilliseconds: number;
  /** For the whole attempt: a server that sends a byte now and then never times out otherwise. */
  attemptMilliseconds: number;
  /** How long a mail waits for the one before it: a stalled mail delays the others only once. */
  turnMilliseconds: number;
  /** PEM certificates of authorities to trust instead of the default ones. */
  authorities?: string;
};

const usualLimits: Limits = {
  connectMilliseconds: 10_000,
  greetMilliseconds: 10_000,
  silenceMilliseconds: 30_000,
  attemptMilliseconds: 30_000,
  turnMilliseconds: 3000,
};

/** One connection per mail. TLS with a valid certificate, except on loopback (ASVS V12.3.1). */
export function createSmtpTransport(
  settings: SmtpSettings,
  limits: Limits = usualLimits,
): SmtpTransport {
  const newTurn = createTurns(limits.turnMilliseconds);
  let opening: Promise<Outgoing> | undefined;
  return {
    send: async (mail, record = async () => {}) => {
      requirePlainAddress(mail.to);
      // Loaded with the first mail to save memory.
      opening ??= openTransporter(settings, limits);
      const { transporter, compose } = await opening;
      const bytes = await compose(messageOf(settings, mail)).catch(unwritten);
      const turn = newTurn();
      const raw = Readable.from(endingInTurn(bytes, () => turn.begin()));
      const signal = AbortSignal.timeout(limits.attemptMilliseconds);
      try {
        await transporter
          .sendMail({ envelope: envelopeOf(settings, mail), raw, signal })
          .catch(failed);
        await record();
      } finally {
        turn.end();
      }
    },
  };
}

const trialMilliseconds = 4000;

/**
 * Connects, agrees on TLS and signs in as for a mail, and sends none; throws `MailNotSentError`.
 */
export async function trySmtp(settings: SmtpSettings): Promise<void> {
  const { transporter } = await openTransporter(settings, {
    ...usualLimits,
    connectMilliseconds: trialMilliseconds,
    greetMilliseconds: trialMilliseconds,
    silenceMilliseconds: trialMilliseconds,
  });
  await transporter.verify().catch(failed);
}

/** A server accepts nothing before the end of the message, so only the end waits for its turn. */
async function* endingInTurn(bytes: Buffer, begin: () => Promise<void>): AsyncGenerator<Buffer> {
  yield bytes;
  await begin();
}

/** Composing a mail is deterministic, so a retry would fail, too. */
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

function envelopeOf({ fromEmail }: SmtpSettings, { to }: OutgoingMail) {
  return { from: fromEmail, to: [to] };
}

type Message = ReturnType<typeof messageOf>;

function messageOf(
  { fromEmail, fromName }: SmtpSettings,
  { id, to, subject, text, html, logo }: OutgoingMail,
) {
  return {
    from: { name: fromName, address: fromEmail },
    to: { name: '', address: to },
    // The same for every attempt, so that a receiver can drop the duplicate that a crash may cause.
    messageId: `<${id}@${fromEmail.slice(fromEmail.lastIndexOf('@') + 1)}>`,
    headers: { 'Auto-Submitted': 'auto-generated' },
    subject,
    text,
    html,
    ...(logo && { attachments: [{ ...inlineLogo, content: logo }] }),
  };
}

const inlineLogo = {
  cid: 'logo',
  filename: 'logo.png',
  contentType: 'image/png',
  contentDisposition: 'inline',
} as const;

/** Defence in depth against header and envelope injection: accounts validate their address, too. */
function requirePlainAddress(address: string): void {
  if (!/^[^\s,;:<>"()[\]\\@\p{Cc}]+@[^\s,;:<>"()[\]\\@\p{Cc}]+$/u.test(address)) {
    throw new MailNotSentError('not one plain address', { permanent: true });
  }
}
