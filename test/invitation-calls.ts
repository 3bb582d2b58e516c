import { assertStatus } from './api.ts';
import { type SignedIn, signedInAdmin } from './factories.ts';
import type { TestApp } from './test-app.ts';

export const chosenPassword = 'granite lantern 41 willow';

type Calls = Pick<TestApp, 'api'>;

export function invite({ api }: Calls, admin: Pick<SignedIn, 'accessToken'>, body: object) {
  return api.post('/api/admins/users/invite', body, { token: admin.accessToken });
}

export function resend({ api }: Calls, admin: Pick<SignedIn, 'accessToken'>, id: string) {
  const token = admin.accessToken;
  return api.post(`/api/admins/users/${id}/resend-invitation`, undefined, { token });
}

let callers = 0;

/** From a new address each time, so that limits by address do not matter. */
export function accept({ api }: Calls, token: unknown, chosen: object = {}) {
  callers += 1;
  const remoteAddress = `127.6.${callers >> 8}.${callers & 255}`;
  const body = { token, username: `chosen${callers}`, password: chosenPassword, ...chosen };
  return api.post('/api/users/invitation/accept', body, { remoteAddress });
}

/** An invited user, the token of the mail, and the admin. */
export async function invited(service: TestApp, email = 'grace@example.com') {
  const admin = await signedInAdmin(service);
  const answer = await invite(service, admin, { email, full_name: 'Grace Hopper' });
  assertStatus(answer, 201);
  const token = await service.mailbox.token('invitation', email);
  return { admin, email, token, id: answer.body.id as string };
}
