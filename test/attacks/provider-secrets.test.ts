import assert from 'node:assert/strict';
import { test } from 'node:test';
import { secretsOf } from '../../src/domain/identities/attempt-store.ts';
import { createKeyRing } from '../../src/platform/crypto/secret-keys.ts';
import { assertStatus } from '../api.ts';
import { ownProvider } from '../providers/own-provider.ts';
import {
  Browser,
  begin,
  codeVerifier,
  comeBack,
  failedRequest,
  failures,
  signedInWith,
  visit,
  withProvider,
} from '../providers/provider-calls.ts';
import { clientSecret } from '../providers/test-provider.ts';
import { createTestApp, testSecret } from '../test-app.ts';
import { rowsWith } from '../whole-database.ts';

const idp = await ownProvider();
const settings = withProvider(idp, {
  OIDC_TEST_CLIENT_ID: 'confidential',
  OIDC_TEST_CLIENT_SECRET: clientSecret,
  LOG_LEVEL: 'debug',
});

test('Q06 no code, token or secret of a sign-in is in a log, the database or the address', async (t) => {
  const service = await createTestApp(t, settings);
  const tokens: string[] = [];
  idp.rewrite('/token', async (body) => {
    tokens.push(String(body.id_token), String(body.access_token));
    return body;
  });
  const { verifier, challenge } = codeVerifier();
  const browser = new Browser();
  const query = { mode: 'code', code_challenge: challenge };
  const address = new URL(await begin(service, browser, query));
  const state = address.searchParams.get('state') ?? '';
  const nonce = address.searchParams.get('nonce') ?? '';
  const secrets = [state, nonce, secretsOf(service.keys.current, state).codeVerifier];
  const [tie = ''] = browser.cookies.values();
  const inTransit = async (known: string[]) => {
    for (const secret of known) {
      assert.ok(secret.length > 20, secret);
      assert.ok(!service.logs().includes(secret), 'in the log');
      assert.deepEqual(await rowsWith(service.db, [secret]), []);
    }
  };
  await inTransit([...secrets, tie, clientSecret]);
  const came = await visit(address.href);
  const answer = await comeBack(service, browser, came);
  const to = new URL(String(answer.headers.location));
  const code = to.searchParams.get('code') ?? '';
  assert.deepEqual([...to.searchParams.keys()], ['code']);
  const given = [came.searchParams.get('code') ?? '', ...tokens, code, verifier];
  assert.equal(given.length, 5);
  await inTransit([...secrets, ...given]);
  const body = { code, code_verifier: verifier };
  const exchanged = await service.api.post('/api/users/login/exchange', body);
  assertStatus(exchanged, 200);
  await inTransit([...secrets, ...given, exchanged.body.refresh_token]);
});

test('Q06 an answer that waits for its application names nobody in the database', async (t) => {
  const service = await createTestApp(t, settings);
  const browser = new Browser();
  const query = { mode: 'code', code_challenge: codeVerifier().challenge };
  await comeBack(service, browser, await visit(await begin(service, browser, query)));
  const { email = '', sub = '' } = idp.person ?? {};
  for (const trace of [email, sub, 'Ada Lovelace'])
    assert.deepEqual(await rowsWith(service.db, [trace]), []);
});

test('Q06 every answer of the way tells browsers to send no referrer and keep nothing', async (t) => {
  const service = await createTestApp(t, settings);
  const browser = new Browser();
  const started = await service.api.get('/api/users/login/providers/test/start');
  browser.take(started.headers['set-cookie']);
  const came = await visit(String(started.headers.location));
  const back = await comeBack(service, browser, came);
  const failed = await comeBack(service, browser, came);
  failedRequest(failed);
  for (const { headers } of [started, back, failed]) {
    assert.equal(headers['referrer-policy'], 'no-referrer');
    assert.equal(headers['cache-control'], 'no-store');
  }
  const page = await service.api.get('/app/sign-in-failed');
  assert.equal(page.headers['referrer-policy'], 'no-referrer');
});

test('Q06 the failed page is one text for everybody, and shows no parameter', async (t) => {
  const service = await createTestApp(t, settings);
  const script = '%3Cscript%3Ealert(1)%3C/script%3E';
  const pages = await Promise.all(
    ['', `?error=${script}`, `?error_description=${script}&request_id=${script}`].map((query) =>
      service.api.get(`/app/sign-in-failed${query}`),
    ),
  );
  for (const page of pages) {
    assertStatus(page, 200);
    assert.equal(page.text, pages[0]?.text);
  }
});

test('Q06 the failure is found by the id of the request that the page shows', async (t) => {
  const service = await createTestApp(t, settings);
  const answer = await service.api.get(
    '/api/users/login/providers/test/callback?error=x&state=y&error_description=secret+words',
  );
  assertStatus(answer, 302);
  const id = failedRequest(answer);
  const row = await service.db.selectFrom('audit_events').selectAll().executeTakeFirstOrThrow();
  assert.equal(row.request_id, id);
  assert.deepEqual(row.details, { reason: 'unknown_attempt', kind: 'test' });
  assert.doesNotMatch(service.logs(), /secret.words/);
});

test('Q06 what an attempt began with outlives one rotation of SECRET_KEY, and not two', async (t) => {
  const service = await createTestApp(t, settings);
  const browser = new Browser();
  const came = await visit(await begin(service, browser));
  const keys = createKeyRing('bmV4dCBrZXkgb2YgdGhlIHRlc3RzLCBnb29kIGZvciBub3RoaW5n', testSecret);
  const state = came.searchParams.get('state') ?? '';
  const kid = service.keys.current.kid;
  const before = secretsOf(service.keys.current, state);
  const found = keys.find(kid);
  assert.ok(found);
  assert.deepEqual(secretsOf(found, state), before);
  await service.db.updateTable('provider_attempts').set({ key_id: 'retired' }).execute();
  failedRequest(await comeBack(service, browser, came));
  assert.deepEqual(await failures(service), ['unknown_attempt']);
  assert.ok(await signedInWith(service));
});
