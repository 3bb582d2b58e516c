import type { Answer } from './answer.ts';
import { type Api, assertStatus } from './api.ts';
import type { TestApp } from './test-app.ts';

export const newPassword = 'granite lantern 41 willow';

/** Each call comes from a new address, so that limits by address do not matter. */
let callers = 0;
function freshAddress(): string {
  callers += 1;
  return `127.9.${callers >> 8}.${callers & 255}`;
}

export function forgot(
  api: Api,
  email: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const options = { headers, remoteAddress: freshAddress() };
  return api.post('/api/password/forgot-password', { email }, options);
}

export function reset(
  api: Api,
  token: unknown,
  password: string = newPassword,
  more = {},
): Promise<Answer> {
  const body = { token, new_password: password, ...more };
  return api.post('/api/password/reset-password', body, { remoteAddress: freshAddress() });
}

/** Requests a reset link and returns the token from the mail. */
export async function resetToken(test: TestApp, email: string): Promise<string> {
  assertStatus(await forgot(test.api, email), 200);
  return test.mailbox.token('password_reset', email);
}
