import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { MailNotSentError } from '../src/platform/smtp/mail-not-sent.ts';
import {
  createSmtpTransport,
  type OutgoingMail,
  type SmtpSettings,
} from '../src/platform/smtp/smtp-transport.ts';

export const senderSettings = {
  host: '127.0.0.1',
  security: 'none',
  fromEmail: 'adl@service.test',
  fromName: 'ADL “Äda” & Co',
} as const;
const quick = {
  connectMilliseconds: 1000,
  greetMilliseconds: 1000,
  silenceMilliseconds: 600,
  attemptMilliseconds: 1000,
  turnMilliseconds: 300,
};

export function mailTo(to: string, more: Partial<OutgoingMail> = {}): OutgoingMail {
  return {
    id: randomUUID(),
    to,
    subject: 'A subject – ADL',
    text: 'Words.',
    html: '<p>Words.</p>',
    ...more,
  };
}

export function transportTo(
  port: number,
  more: Partial<SmtpSettings> & { authorities?: string } = {},
) {
  const { authorities, ...changed } = more;
  return createSmtpTransport(
    { ...senderSettings, port, ...changed },
    { ...quick, ...(authorities && { authorities }) },
  );
}

/** The reason and the severity of a mail that must be refused. */
export async function failureOf(
  sending: Promise<void>,
): Promise<{ reason: string; permanent: boolean }> {
  const error = await sending.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof MailNotSentError, 'it was sent');
  return { reason: error.reason, permanent: error.permanent };
}
