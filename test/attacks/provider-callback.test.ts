import assert from 'node:assert/strict';
import { test } from 'node:test';
import { secretsOf } from '../../src/domain/identities/attempt-store.ts';
import { assertStatus } from '../api.ts';
import { cookieOf } from '../cookie-page.ts';
import { signedInUser } from '../factories.ts';
import { ownProvider } from '../providers/own-provider.ts';
import {
  Browser,
  begin,
  codeVerifier,
  comeBack,
  failedRequest,
  failures,
  link,
  signInAt,
  visit,
  withProvider,
} from '../providers/provider-calls.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

const idp = await ownProvider();
const settings = withProvider(idp);

/** A browser that has come as far as the provider's answer. */
async function answered(service: TestApp): Promise<{ browser: Browser; came: URL }> {
  const browser = new Browser();
  return { browser, came: await visit(await begin(service, browser)) };
}

function changed(came: URL, change: (parameters: URLSearchParams) => void): URL {
  const other = new URL(came);
  change(other.searchParams);
  return other;
}

async function assertNobodyIsIn({ db }: TestApp): Promise<void> {
  assert.deepEqual(await db.selectFrom('sessions').select('id').execute(), []);
  assert.deepEqual(await db.selectFrom('users').select('id').execute(), []);
}

test('Q01 the question has PKCE by S256, a state and a nonce, each its own', async (t) => {
  const service = await createTestApp(t, settings);
  const questions = [];
  for (let count = 0; count < 2; count += 1) {
    const { searchParams } = new URL(await begin(service, new Browser()));
    assert.equal(searchParams.get('response_type'), 'code');
    assert.equal(searchParams.get('code_challenge_method'), 'S256');
    assert.equal(
      searchParams.get('redirect_uri'),
      'http://localhost:8000/api/users/login/providers/test/callback',
    );
    questions.push(searchParams);
  }
  for (const name of ['state', 'nonce', 'code_challenge']) {
    const values = questions.map((question) => question.get(name));
    for (const value of values) assert.match(value ?? '', /^[\w-]{43}$/, name);
    assert.notEqual(values[0], values[1], name);
  }
});

test('Q01 the address to come back to is configured, whatever a request says (host header)', async (t) => {
  const { api } = await createTestApp(t, settings);
  const headers = {
    host: 'evil.example',
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'https',
    origin: 'https://evil.example',
    referer: 'https://evil.example/',
  };
  const answer = await api.get('/api/users/login/providers/test/start', { headers });
  assertStatus(answer, 302);
  assert.doesNotMatch(String(answer.headers.location), /evil/);
});

test('Q01 an answer without its state, or with a foreign one, opens nothing', async (t) => {
  const service = await createTestApp(t, settings);
  const { browser, came } = await answered(service);
  const other = await answered(service);
  for (const bad of [
    changed(came, (parameters) => parameters.delete('state')),
    changed(came, (parameters) => parameters.set('state', '')),
    changed(came, (parameters) => parameters.set('state', 'x'.repeat(43))),
    changed(came, (parameters) => parameters.set('state', 'x'.repeat(201))),
    changed(came, (parameters) => parameters.append('state', 'y')),
    changed(came, (parameters) =>
      parameters.set('state', other.came.searchParams.get('state') ?? ''),
    ),
  ])
    failedRequest(await comeBack(service, browser, bad));
  await assertNobodyIsIn(service);
  const answer = await comeBack(service, browser, came);
  assert.equal(answer.headers.location, 'http://localhost:8000/app');
});

test('Q01 an answer is good for one session, also when it arrives ten times at once', async (t) => {
  const service = await createTestApp(t, settings);
  const { browser, came } = await answered(service);
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => comeBack(service, browser, came)),
  );
  const good = answers.filter(({ headers }) => headers.location === 'http://localhost:8000/app');
  assert.equal(good.length, 1);
  failedRequest(await comeBack(service, browser, came));
  const sessions = await service.db.selectFrom('sessions').select('id').execute();
  assert.equal(sessions.length, 1);
});

test('Q01 an answer in another browser opens nothing (login CSRF)', async (t) => {
  const service = await createTestApp(t, settings);
  const thief = await answered(service);
  const victim = new Browser();
  for (const browser of [victim, (await answered(service)).browser]) {
    const answer = await comeBack(service, browser, thief.came);
    failedRequest(answer);
    assert.equal(cookieOf(answer), null);
  }
  await assertNobodyIsIn(service);
  assert.deepEqual(await failures(service), ['unknown_attempt', 'unknown_attempt']);
});

test('Q01 an answer to a link in another browser links nothing (account linking CSRF)', async (t) => {
  const service = await createTestApp(t, settings);
  const { accessToken: token } = await signedInUser(service);
  const thief = new Browser();
  const begun = await service.api.post('/api/users/me/identities/test/start', {}, { token });
  thief.take(begun.headers['set-cookie']);
  const came = await visit(begun.body.location);
  const victim = (await answered(service)).browser;
  failedRequest(await comeBack(service, victim, came));
  assert.deepEqual(await service.db.selectFrom('identities').select('id').execute(), []);
});

test('Q01 the cookie that ties the browser is out of reach of scripts, hosts and time', async (t) => {
  const plain = await createTestApp(t, settings);
  const path = '/api/users/login/providers/test/start';
  const here = cookieOf(await plain.api.get(path));
  assert.equal(here?.name, 'adl_provider');
  const service = await createTestApp(t, {
    ...settings,
    PUBLIC_URL: 'https://accounts.example.com',
    OIDC_PROVIDERS: 'test,apple',
    OIDC_APPLE_ISSUER: idp.issuer,
    OIDC_APPLE_CLIENT_ID: 'adl',
  });
  for (const [id, sameSite] of [
    ['test', 'lax'],
    ['apple', 'none'],
  ]) {
    const answer = await service.api.get(`/api/users/login/providers/${id}/start`);
    const { value, ...cookie } = cookieOf(answer) ?? {};
    assert.match(value ?? '', /^[\w-]{43}$/);
    assert.deepEqual(
      { ...cookie },
      {
        name: '__Host-adl_provider',
        maxAge: 600,
        path: '/',
        httpOnly: true,
        secure: true,
        sameSite,
      },
    );
  }
});

test('Q01 an answer after ten minutes opens nothing, nor after the clock was set back', async (t) => {
  const service = await createTestApp(t, settings);
  const { browser, came } = await answered(service);
  await service.clock.advance(601);
  failedRequest(await comeBack(service, browser, came));
  const later = await answered(service);
  await service.clock.advance(-7200);
  failedRequest(await comeBack(service, later.browser, later.came));
  await assertNobodyIsIn(service);
});

test('Q01 an answer of one provider is none of another (mix-up)', async (t) => {
  const service = await createTestApp(t, {
    ...settings,
    OIDC_PROVIDERS: 'test,other',
    OIDC_OTHER_ISSUER: idp.issuer,
  });
  const { browser, came } = await answered(service);
  const other = new URL(came.href.replace('/providers/test/', '/providers/other/'));
  failedRequest(await comeBack(service, browser, other));
  const none = new URL(came.href.replace('/providers/test/', '/providers/none/'));
  failedRequest(await comeBack(service, browser, none));
  await assertNobodyIsIn(service);
});

for (const [what, change] of [
  ['a foreign iss', (parameters) => parameters.set('iss', 'https://evil.example')],
  ['no iss, which the provider promises', (parameters) => parameters.delete('iss')],
  ['two codes', (parameters) => parameters.append('code', 'x')],
  ['a foreign code', (parameters) => parameters.set('code', 'x')],
  ['no code', (parameters) => parameters.delete('code')],
  ['an error of the provider', (parameters) => parameters.set('error', 'server_error')],
] as [string, (parameters: URLSearchParams) => void][])
  test(`Q01 an answer with ${what} opens nothing`, async (t) => {
    const service = await createTestApp(t, settings);
    const { browser, came } = await answered(service);
    failedRequest(await comeBack(service, browser, changed(came, change)));
    await assertNobodyIsIn(service);
  });

test('Q01 a code of the provider that was begun with another verifier opens nothing', async (t) => {
  const service = await createTestApp(t, settings);
  const browser = new Browser();
  const address = new URL(await begin(service, browser));
  // As if somebody had put the code of their own sign-in into this answer.
  const own = secretsOf(service.keys.current, 'another state').codeVerifier;
  address.searchParams.set('code_challenge', codeVerifier().challenge);
  assert.notEqual(own, '');
  failedRequest(await comeBack(service, browser, await visit(address.href)));
  assert.deepEqual(await failures(service), ['provider_refused']);
  await assertNobodyIsIn(service);
});

test('Q01 a code of the exchange is of no use without its verifier, and gets one try', async (t) => {
  const service = await createTestApp(t, settings);
  const { verifier, challenge } = codeVerifier();
  const query = { mode: 'code', code_challenge: challenge };
  const codeOf = async () => {
    const { headers } = await signInAt(service, new Browser(), query);
    return new URL(String(headers.location)).searchParams.get('code');
  };
  const exchange = (code: unknown, code_verifier: string) =>
    service.api.post('/api/users/login/exchange', { code, code_verifier });
  const stolen = await codeOf();
  assertStatus(await exchange(stolen, codeVerifier().verifier), 401);
  assertStatus(await exchange(stolen, verifier), 401);
  const late = await codeOf();
  await service.clock.advance(61);
  assertStatus(await exchange(late, verifier), 401);
  assertStatus(await exchange('x', verifier), 401);
  await assertNobodyIsIn(service);
  const good = await codeOf();
  const answers = await Promise.all(Array.from({ length: 10 }, () => exchange(good, verifier)));
  const statuses = answers.map(({ status }) => status).toSorted();
  assert.deepEqual(statuses, [200, ...Array.from({ length: 9 }, () => 401)]);
});

const hostile = [
  'https://evil.example/app',
  '//evil.example/app',
  '/\\evil.example',
  '\\\\evil.example',
  '/app\\@evil.example',
  'http:evil.example',
  'https:/evil.example',
  'http://localhost:8000@evil.example/app',
  'http://evil.example#@localhost:8000/app',
  'http://user:secret@localhost:8000/app',
  'http://localhost:8000.evil.example/app',
  'http://localhost:80/app',
  'https://localhost:8000/app',
  'http://LOCALHOST.evil.example:8000/app',
  'javascript:alert(1)',
  'data:text/html,x',
  '/app\t/../evil',
  '/\t/evil.example',
  ' //evil.example',
  '/api/users/login/providers/test/start',
  '/app/../api/users/me',
  '/application',
  '/%2e%2e//evil.example',
  '/app#fragment',
  'app',
  '',
];

test('Q03 nobody is led to a hostile address', async (t) => {
  assert.ok(hostile.length >= 20);
  const service = await createTestApp(t, {
    ...settings,
    RETURN_TO_ALLOW: 'https://app.example.com',
  });
  const more = [
    'http://app.example.com/',
    'https://app.example.com:8443/',
    'https://app.example.com.evil.example/',
    'https://evil.example/https://app.example.com/',
    'https://sub.app.example.com/',
  ];
  const { accessToken: token } = await signedInUser(service);
  for (const given of [...hostile, ...more]) {
    const query = new URLSearchParams({ return_to: given });
    const started = await service.api.get(`/api/users/login/providers/test/start?${query}`);
    assertStatus(started, 422);
    assert.equal(started.body.details.errors[0].field, 'return_to', given);
    const body = { return_to: given };
    const linked = await service.api.post('/api/users/me/identities/test/start', body, { token });
    assertStatus(linked, 422);
  }
  const attempts = service.db.selectFrom('provider_attempts').select('provider');
  assert.deepEqual(await attempts.execute(), []);
});

test('Q03 a cookie is set for pages of the own origin only', async (t) => {
  const service = await createTestApp(t, {
    ...settings,
    RETURN_TO_ALLOW: 'https://app.example.com',
  });
  const path = '/api/users/login/providers/test/start?return_to=https://app.example.com/';
  assertStatus(await service.api.get(path), 422);
  assertStatus(await service.api.get(`${path}&mode=code`), 422);
  const { challenge } = codeVerifier();
  const own = '/api/users/login/providers/test/start?return_to=/app/security';
  assertStatus(await service.api.get(`${own}&code_challenge=${challenge}`), 422);
  assertStatus(await service.api.get(own), 302);
});

test('a page of another origin cannot use an exchange in cookie mode', async (t) => {
  const service = await createTestApp(t, settings);
  const headers = { 'x-session-mode': 'cookie', 'sec-fetch-site': 'cross-site' };
  const body = { code: 'x', code_verifier: 'x'.repeat(43) };
  assertStatus(await service.api.post('/api/users/login/exchange', body, { headers }), 403);
});

test('a provider that is linked in one tab and signs in from another ends both well', async (t) => {
  const service = await createTestApp(t, settings);
  const { accessToken: token } = await signedInUser(service);
  const browser = new Browser();
  const address = await begin(service, browser);
  const linked = await link(service, browser, token);
  assert.equal(linked.headers.location, 'http://localhost:8000/app');
  const answer = await comeBack(service, browser, await visit(address));
  assert.equal(answer.headers.location, 'http://localhost:8000/app');
});
