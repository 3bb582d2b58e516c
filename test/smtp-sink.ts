import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

type ReceivedMail = {
  from: string;
  recipients: string[];
  raw: string;
  parsed: ParsedMail;
  secure: boolean;
  user: string | undefined;
};

/** The server's reply to a recipient on its n-th attempt, from 1; null accepts it. */
type Reply = { code: number; text?: string } | null;
export type Script = {
  recipient?: (address: string, attempt: number) => Reply;
  message?: (mail: ReceivedMail, attempt: number) => Reply | 'stall' | 'cut';
};

export type SmtpSink = {
  readonly port: number;
  readonly mails: ReceivedMail[];
  /** How many times each recipient was named. */
  readonly attempts: Map<string, number>;
  script: Script;
  /** Stops listening, and listens again on the same port. */
  close(): Promise<void>;
  reopen(): Promise<void>;
};

/** The settings of a service whose mails go to the sink. */
export function settingsOfSink({ port }: Pick<SmtpSink, 'port'>): Record<string, string> {
  const address = { SMTP_HOST: '127.0.0.1', SMTP_PORT: String(port) };
  return { ...address, SMTP_SECURITY: 'none', SMTP_FROM_EMAIL: 'accounts@example.com' };
}

/**
 * A real mail server that keeps what it receives; `script` says what it refuses. It ends with the
 * test.
 */
export async function startSmtpSink(
  t: { after(end: () => Promise<void>): void },
  options: SMTPServerOptions & { script?: Script } = {},
): Promise<SmtpSink> {
  const { script = {}, ...serverOptions } = options;
  const attempts = new Map<string, number>();
  const mails: ReceivedMail[] = [];
  let server: SMTPServer;
  let port = 0;
  const listen = async () => {
    server = createServer(sink, serverOptions);
    server.listen(port, '127.0.0.1');
    await once(server.server, 'listening');
    port = (server.server.address() as AddressInfo).port;
  };
  const close = () => new Promise<void>((resolve) => server.close(resolve));
  const sink = { mails, attempts, script, close, reopen: listen, port: 0 };
  await listen();
  sink.port = port;
  t.after(close);
  return sink;
}

function createServer(
  sink: Pick<SmtpSink, 'mails' | 'attempts' | 'script'>,
  options: SMTPServerOptions,
): SMTPServer {
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: options.key === undefined ? ['STARTTLS', 'AUTH'] : [],
    logger: false,
    disableReverseLookup: true,
    closeTimeout: 100,
    onAuth: ({ username }, _session, done) => done(null, { user: username ?? '' }),
    onRcptTo: ({ address }, _session, done) => {
      const attempt = (sink.attempts.get(address) ?? 0) + 1;
      sink.attempts.set(address, attempt);
      const reply = sink.script.recipient?.(address, attempt) ?? null;
      done(reply ? refusal(reply) : null);
    },
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => void receive());
      const receive = async () => {
        const raw = Buffer.concat(chunks).toString('utf8');
        const { mailFrom, rcptTo } = session.envelope;
        const recipients = rcptTo.map(({ address }) => address);
        const mail: ReceivedMail = {
          from: mailFrom === false ? '' : mailFrom.address,
          recipients,
          raw,
          parsed: await simpleParser(raw),
          secure: session.secure,
          user: session.user,
        };
        const reply =
          sink.script.message?.(mail, sink.attempts.get(recipients[0] ?? '') ?? 0) ?? null;
        if (reply === 'stall') return;
        if (reply === 'cut') {
          // Accepts the mail, but drops the connection before the reply.
          sink.mails.push(mail);
          for (const connection of server.connections) (connection as { close(): void }).close();
          return;
        }
        if (reply === null) sink.mails.push(mail);
        done(reply ? refusal(reply) : null);
      };
    },
    ...options,
  });
  server.on('error', () => {});
  return server;
}

function refusal({ code, text = 'no' }: NonNullable<Reply>): Error {
  return Object.assign(new Error(text), { responseCode: code });
}
