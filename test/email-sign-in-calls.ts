import assert from 'node:assert/strict';
import type { Answer } from './answer.ts';
import { type Api, assertStatus } from './api.ts';
import type { TestApp } from './test-app.ts';

/** The settings with which these calls are answered. */
export const byEmail = { EMAIL_SIGN_IN: 'true' };

const path = '/api/users/login/email';

type Client = { remoteAddress?: string; headers?: Record<string, string> };

export function askByEmail(api: Api, email: string, more = {}, client: Client = {}) {
  return api.post(path, { email, ...more }, client);
}

export function confirm(api: Api, body: object, client: Client = {}): Promise<Answer> {
  return api.post(`${path}/confirm`, body, client);
}

type SignInMail = { email: string; request_id: string; code: string; token: string };

/** Asks, and reads the mail that comes. */
export async function signInMail(
  service: Pick<TestApp, 'api' | 'mailbox'>,
  email: string,
  more = {},
): Promise<SignInMail> {
  const asked = await askByEmail(service.api, email, more);
  assertStatus(asked, 200);
  const { request_id } = asked.body;
  // By the worker of the test, which may send.
  await service.mailbox.deliver();
  return { email, request_id, ...(await newestMail(service, email)) };
}

export async function newestMail({ mailbox }: Pick<TestApp, 'mailbox'>, email: string) {
  const token = await mailbox.token('email_sign_in', email);
  const mails = await mailbox.mails('email_sign_in');
  const text = mails.findLast(({ recipient, message }) => recipient === email && message)?.message
    ?.text;
  const code = /^Code: (\d{4} \d{4})$/m.exec(text ?? '')?.[1];
  assert.ok(code, 'a code in the mail');
  return { token, code: code.replace(' ', '') };
}

/** What only who asked can send. */
export function byCode({ email, code, request_id }: SignInMail) {
  return { email, code, request_id };
}

/** A code that is not the one. */
export function wrongCode({ code }: { code: string }, step = 1): string {
  return String((Number(code) + step) % 10 ** 8).padStart(8, '0');
}

/** An address of another network for each call. */
export function networkOf(index: number): Client {
  return { remoteAddress: `127.7.${index >> 8}.${index & 255}` };
}
