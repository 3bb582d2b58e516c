import type { Realm } from '../../src/domain/realms/realms.ts';
import type { Answer } from '../answer.ts';
import { assertStatus } from '../api.ts';
import type { SignedIn } from '../factories.ts';
import { signedInTo } from '../session-calls.ts';
import type { TestApp } from '../test-app.ts';
import { type Authenticator, createAuthenticator, type Deviation } from './authenticator.ts';

type Calls = Pick<TestApp, 'api'>;

export async function creationOptions({ api }: Calls, realm: Realm, token: string) {
  const answer = await api.post(`${realm.path}/me/passkeys/options`, undefined, { token });
  assertStatus(answer, 200);
  return answer.body;
}

export async function requestOptions({ api }: Calls, realm: Realm) {
  const answer = await api.post(`${realm.path}/login/passkey/options`);
  assertStatus(answer, 200);
  return answer.body;
}

/** Makes a passkey and offers it to the service, which may refuse it. */
export async function offerPasskey(
  calls: Calls,
  realm: Realm,
  { accessToken: token }: Pick<SignedIn, 'accessToken'>,
  authenticator: Authenticator,
  deviation: Deviation = {},
): Promise<Answer> {
  const options = await creationOptions(calls, realm, token);
  const response = authenticator.create(options, deviation);
  return calls.api.post(`${realm.path}/me/passkeys`, { response }, { token });
}

export async function signInWith(
  calls: Calls,
  realm: Realm,
  authenticator: Authenticator,
  deviation: Deviation = {},
): Promise<Answer> {
  const { challenge, options } = await requestOptions(calls, realm);
  const response = authenticator.get(options, deviation);
  return calls.api.post(`${realm.path}/login/passkey`, { challenge, response });
}

/** A signed-in account with a passkey, and the authenticator that holds it. */
export async function withPasskey(
  test: TestApp,
  realm: Realm,
  settings: Parameters<typeof createAuthenticator>[0] = {},
) {
  const person = await signedInTo(test, realm);
  const authenticator = createAuthenticator(settings);
  const answer = await offerPasskey(test, realm, person, authenticator);
  assertStatus(answer, 201);
  return { person, authenticator, passkeyId: answer.body.id as string };
}

/** Of a sign-in that must succeed. */
export async function accessTokenOf(signingIn: Promise<Answer>): Promise<string> {
  const answer = await signingIn;
  assertStatus(answer, 200);
  return answer.body.access_token;
}

/** As of sessions that were opened with the password, before there was a passkey. */
export async function forgetFactors({ db }: Pick<TestApp, 'db'>): Promise<void> {
  const ofPassword = { level: 1, methods: 'pwd', factor_shown_at: null };
  await db.updateTable('sessions').set(ofPassword).execute();
}
