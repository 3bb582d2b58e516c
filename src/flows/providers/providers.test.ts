import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertStatus } from '../../../test/api.ts';
import { cookieOf } from '../../../test/cookie-page.ts';
import { protectedAccount, wrongCodeOf } from '../../../test/factor-calls.ts';
import { ownProvider, somebody } from '../../../test/providers/own-provider.ts';
import {
  Browser,
  begin,
  codeVerifier,
  failedRequest,
  failures,
  signedInWith,
  signInAt,
  tokenOf,
  visit,
  withProvider,
} from '../../../test/providers/provider-calls.ts';
import { clientSecret } from '../../../test/providers/test-provider.ts';
import { createTestApp } from '../../../test/test-app.ts';
import { userRealm } from '../../domain/realms/realms.ts';

const idp = await ownProvider();
const settings = withProvider(idp);

test('the configured providers are listed by name, without anything else', async (t) => {
  const { api } = await createTestApp(t, { ...settings, OIDC_TEST_NAME: 'Test Inc.' });
  const answer = await api.get('/api/users/login/providers');
  assertStatus(answer, 200);
  assert.deepEqual(answer.body, { items: [{ id: 'test', name: 'Test Inc.' }] });
});

test('without providers the list is empty, and none can be begun with', async (t) => {
  const { api } = await createTestApp(t);
  assert.deepEqual((await api.get('/api/users/login/providers')).body, { items: [] });
  assertStatus(await api.get('/api/users/login/providers/google/start'), 404);
});

test('somebody new signs up without a password, with a verified address and a name', async (t) => {
  const service = await createTestApp(t, settings);
  const browser = new Browser();
  const answer = await signInAt(service, browser);
  assert.equal(answer.headers.location, 'http://localhost:8000/app');
  const token = await tokenOf(service, browser);
  const { body: me } = await service.api.get('/api/users/me', { token });
  assert.equal(me.email, idp.person?.email);
  assert.equal(me.username, idp.person?.preferred_username);
  assert.equal(me.full_name, 'Ada Lovelace');
  assert.equal(me.is_email_verified, true);
  const user = await service.db.selectFrom('users').selectAll().executeTakeFirstOrThrow();
  assert.equal(user.password_hash, null);
  const session = await service.db.selectFrom('sessions').selectAll().executeTakeFirstOrThrow();
  assert.equal(session.methods, 'fed');
  assert.equal(session.level, 1);
});

test('the same person comes back to the same account, by whatever address', async (t) => {
  const service = await createTestApp(t, settings);
  const read = async () => {
    const token = await signedInWith(service);
    return (await service.api.get('/api/users/me', { token })).body.id as string;
  };
  const id = await read();
  idp.person = { ...idp.person, sub: idp.person?.sub ?? '', email: 'new@example.net' };
  assert.equal(await read(), id);
  idp.person = { sub: idp.person.sub };
  assert.equal(await read(), id);
});

test('an application gets a code, which its verifier makes a session, once', async (t) => {
  const service = await createTestApp(t, {
    ...settings,
    APP_URL: 'https://app.example.com/home',
  });
  const { verifier, challenge } = codeVerifier();
  const answer = await signInAt(service, new Browser(), {
    mode: 'code',
    code_challenge: challenge,
    return_to: 'https://app.example.com/done?from=adl',
  });
  const to = new URL(String(answer.headers.location));
  assert.equal(`${to.origin}${to.pathname}`, 'https://app.example.com/done');
  assert.equal(to.searchParams.get('from'), 'adl');
  assert.equal(cookieOf(answer), null);
  const exchange = () =>
    service.api.post('/api/users/login/exchange', {
      code: to.searchParams.get('code'),
      code_verifier: verifier,
    });
  const exchanged = await exchange();
  assertStatus(exchanged, 200);
  const me = await service.api.get('/api/users/me', { token: exchanged.body.access_token });
  assert.equal(me.body.email, idp.person?.email);
  const again = await exchange();
  assertStatus(again, 401);
  assert.equal(again.body.details.reason, 'invalid_code');
});

test('a client with a secret shows it in the way that the provider asks for', async (t) => {
  const service = await createTestApp(t, {
    ...settings,
    OIDC_TEST_CLIENT_ID: 'confidential',
    OIDC_TEST_CLIENT_SECRET: clientSecret,
  });
  await signedInWith(service);
  const wrong = await createTestApp(t, {
    ...settings,
    OIDC_TEST_CLIENT_ID: 'confidential',
    OIDC_TEST_CLIENT_SECRET: 'wrong',
  });
  failedRequest(await signInAt(wrong, new Browser()));
  assert.deepEqual(await failures(wrong), ['provider_refused']);
});

test('an answer that comes by a form signs in, and its cookie is for that', async (t) => {
  const service = await createTestApp(t, {
    OIDC_PROVIDERS: 'apple',
    OIDC_APPLE_ISSUER: idp.issuer,
    OIDC_APPLE_CLIENT_ID: 'adl',
    OIDC_ALLOW_PRIVATE: 'true',
    OIDC_APPLE_SCOPES: 'openid email profile',
  });
  const browser = new Browser();
  const address = new URL(await begin(service, browser, {}, 'apple'));
  assert.equal(address.searchParams.get('response_mode'), 'form_post');
  address.searchParams.delete('response_mode');
  const came = await visit(address.href);
  const answer = await service.api.post('/api/users/login/providers/apple/callback', undefined, {
    rawBody: `${came.searchParams}&user=%7B%7D`,
    headers: { ...browser.header(), 'content-type': 'application/x-www-form-urlencoded' },
  });
  assertStatus(answer, 302);
  assert.equal(answer.headers.location, 'http://localhost:8000/app');
  browser.take(answer.headers['set-cookie']);
  assert.ok(await tokenOf(service, browser));
});

test('N01 a provider does not lead around the second factor', async (t) => {
  const service = await createTestApp(t, settings);
  const account = await protectedAccount(service, userRealm);
  await service.db.updateTable('users').set({ is_email_verified: true }).execute();
  idp.person = somebody({ email: account.email });
  const before = await service.db.selectFrom('sessions').select('id').execute();
  const browser = new Browser();
  const answer = await signInAt(service, browser);
  const [page, fragment] = String(answer.headers.location).split('#');
  assert.equal(page, 'http://localhost:8000/app');
  const step = new URLSearchParams(fragment);
  assert.equal(step.get('methods'), 'code');
  assert.equal(cookieOf(answer), null);
  const after = await service.db.selectFrom('sessions').select('id').execute();
  assert.deepEqual(after, before);
  const completed = await service.api.post('/api/users/login/second-factor', {
    challenge: step.get('challenge'),
    code: account.recoveryCodes[0],
  });
  assertStatus(completed, 200);
});

test('wrong codes after a provider count with wrong passwords, over all ways in', async (t) => {
  const service = await createTestApp(t, settings);
  const account = await protectedAccount(service, userRealm);
  await service.db.updateTable('users').set({ is_email_verified: true }).execute();
  idp.person = somebody({ email: account.email });
  const step = async () => {
    const { headers } = await signInAt(service, new Browser());
    return new URLSearchParams(String(headers.location).split('#')[1]).get('challenge');
  };
  const code = wrongCodeOf(service, account.secret);
  for (let count = 0; count < 5; count += 1) {
    const body = { challenge: await step(), code };
    assertStatus(await service.api.post('/api/users/login/second-factor', body), 401);
  }
  const body = { challenge: await step(), code: account.recoveryCodes[0] };
  assertStatus(await service.api.post('/api/users/login/second-factor', body), 429);
  const { username, password } = account;
  assertStatus(await service.api.post('/api/users/login', { username, password }), 429);
});

test('N01 an exchanged code asks for the second factor, too', async (t) => {
  const service = await createTestApp(t, settings);
  const account = await protectedAccount(service, userRealm);
  await service.db.updateTable('users').set({ is_email_verified: true }).execute();
  idp.person = somebody({ email: account.email });
  const { verifier, challenge } = codeVerifier();
  const query = { mode: 'code', code_challenge: challenge };
  const answer = await signInAt(service, new Browser(), query);
  const code = new URL(String(answer.headers.location)).searchParams.get('code');
  const body = { code, code_verifier: verifier };
  const exchanged = await service.api.post('/api/users/login/exchange', body);
  assertStatus(exchanged, 401);
  assert.equal(exchanged.body.details.reason, 'second_factor_required');
});

test('where addresses must be verified, an unproven one signs in once it is', async (t) => {
  const service = await createTestApp(t, { ...settings, REQUIRE_VERIFIED_EMAIL: 'true' });
  idp.person = somebody({ email_verified: false });
  failedRequest(await signInAt(service, new Browser()));
  const token = await service.mailbox.token('email_verification', idp.person.email ?? '');
  assertStatus(await service.api.post('/api/users/verify-email', { token }), 200);
  assert.ok(await signedInWith(service));
});

test('who may not register gets no account from a provider', async (t) => {
  for (const policy of [
    { REGISTRATION: 'closed' },
    { REGISTRATION: 'invited' },
    { REGISTRATION_EMAIL_DOMAINS: 'example.com' },
  ]) {
    const service = await createTestApp(t, { ...settings, ...policy });
    failedRequest(await signInAt(service, new Browser()));
    assert.deepEqual(await service.db.selectFrom('users').select('id').execute(), []);
  }
});

test('a taken or missing name leads to one with something behind it', async (t) => {
  const service = await createTestApp(t, settings);
  idp.person = somebody({ preferred_username: 'ada.l' });
  await signedInWith(service);
  idp.person = somebody({ preferred_username: 'Ada.L' });
  await signedInWith(service);
  idp.person = somebody({ preferred_username: '@', email: `@@x`, name: 'a\u0000b' });
  failedRequest(await signInAt(service, new Browser()));
  assert.deepEqual(await failures(service), ['no_email']);
  const names = await service.db.selectFrom('users').select('username').orderBy('id').execute();
  assert.equal(names[0]?.username, 'ada.l');
  assert.match(names[1]?.username ?? '', /^Ada\.L-[0-9a-f]{8}$/);
});

test('where usernames are optional, nobody gets one', async (t) => {
  const service = await createTestApp(t, { ...settings, USERNAMES: 'optional' });
  const token = await signedInWith(service);
  assert.equal((await service.api.get('/api/users/me', { token })).body.username, null);
});
