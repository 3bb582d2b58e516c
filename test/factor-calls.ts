import assert from 'node:assert/strict';
import { Secret, TOTP } from 'otpauth';
import type { Realm } from '../src/domain/realms/realms.ts';
import type { Answer } from './answer.ts';
import { assertStatus } from './api.ts';
import type { SignedIn } from './factories.ts';
import { signedInTo } from './session-calls.ts';
import type { TestApp } from './test-app.ts';

const stepSeconds = 30;

export type App = { factorId: string; secret: string; recoveryCodes: string[] };

export type Protected = SignedIn & App;

/** The code that an app shows, some steps from now. */
export function codeOf({ clock }: Pick<TestApp, 'clock'>, secret: string, steps = 0): string {
  const timestamp = clock.now().getTime() + steps * stepSeconds * 1000;
  return new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp });
}

/** A code that no step near now has. */
export function wrongCodeOf(service: Pick<TestApp, 'clock'>, secret: string): string {
  const near = [-2, -1, 0, 1, 2].map((steps) => codeOf(service, secret, steps));
  const wrong = ['000000', '111111', '222222', '333333', '444444', '555555'];
  return wrong.find((code) => !near.includes(code)) ?? '';
}

/** So that no step ends while a test looks at its neighbours. */
export async function startOfStep({ clock }: Pick<TestApp, 'clock'>): Promise<void> {
  const seconds = clock.now().getTime() / 1000;
  await clock.advance(stepSeconds - (seconds % stepSeconds) + 1);
}

/** To a code that was not used: each counts once. */
export function nextStep({ clock }: Pick<TestApp, 'clock'>): Promise<void> {
  return clock.advance(stepSeconds);
}

export function factorCalls({ api }: Pick<TestApp, 'api'>, realm: Realm, token: string) {
  const path = `${realm.path}/me/factors`;
  return {
    list: () => api.get(path, { token }),
    start: (body?: unknown) => api.post(`${path}/totp`, body, { token }),
    confirm: (id: string, code: string) =>
      api.post(`${path}/totp/${id}/confirm`, { code }, { token }),
    newCodes: () => api.post(`${path}/recovery-codes`, undefined, { token }),
    remove: (id: string) => api.delete(`${path}/${id}`, { token }),
    reauthenticate: (body: unknown) => api.post(`${realm.path}/me/reauthenticate`, body, { token }),
  };
}

/** Adds an app to a signed-in account and moves to the next step. */
export async function addApp(service: TestApp, realm: Realm, token: string): Promise<App> {
  const calls = factorCalls(service, realm, token);
  const started = await calls.start({ name: 'My phone' });
  assertStatus(started, 201);
  const { id, secret } = started.body;
  const confirmed = await calls.confirm(id, codeOf(service, secret));
  assertStatus(confirmed, 200);
  await nextStep(service);
  return { factorId: id, secret, recoveryCodes: confirmed.body.recovery_codes };
}

/** A signed-in account with an app, whose session has shown both. */
export async function protectedAccount(service: TestApp, realm: Realm): Promise<Protected> {
  const account = await signedInTo(service, realm);
  return { ...account, ...(await addApp(service, realm, account.accessToken)) };
}

type Client = { headers?: Record<string, string>; remoteAddress?: string };

export function logIn(
  { api }: Pick<TestApp, 'api'>,
  realm: Realm,
  { username, password }: { username: string; password: string },
  client: Client = {},
): Promise<Answer> {
  return api.post(`${realm.path}/login`, { username, password }, client);
}

/** The challenge of a right password. */
export async function challengeFor(
  service: Pick<TestApp, 'api'>,
  realm: Realm,
  account: { username: string; password: string },
  client: Client = {},
): Promise<string> {
  const asked = await logIn(service, realm, account, client);
  assertStatus(asked, 401);
  assert.equal(asked.body.details.reason, 'second_factor_required');
  return asked.body.details.challenge;
}

export function answerChallenge(
  { api }: Pick<TestApp, 'api'>,
  realm: Realm,
  challenge: string,
  code: string,
  client: Client = {},
): Promise<Answer> {
  return api.post(`${realm.path}/login/second-factor`, { challenge, code }, client);
}

/** Signs in in two steps, with a code of now. */
export async function signInWithCode(
  service: TestApp,
  realm: Realm,
  account: { username: string; password: string; secret: string },
): Promise<{ accessToken: string; refreshToken: string }> {
  const challenge = await challengeFor(service, realm, account);
  const answer = await answerChallenge(service, realm, challenge, codeOf(service, account.secret));
  assertStatus(answer, 200);
  return { accessToken: answer.body.access_token, refreshToken: answer.body.refresh_token };
}
