import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { assertStatus } from '../api.ts';
import { signedInUser } from '../factories.ts';
import { ownProvider } from '../providers/own-provider.ts';
import {
  Browser,
  failedRequest,
  failures,
  signedInWith,
  signInAt,
  withProvider,
} from '../providers/provider-calls.ts';
import { createTestApp, processes, type TestApp } from '../test-app.ts';

const idp = await ownProvider();
const discovery = '/.well-known/openid-configuration';

/** A service that has asked nobody yet: what is discovered is kept. */
let services = 0;
function freshService(t: Parameters<typeof createTestApp>[0], more: Record<string, string> = {}) {
  services += 1;
  return createTestApp(t, withProvider(idp, { OIDC_TEST_NAME: `Test ${services}`, ...more }));
}

const start = '/api/users/login/providers/test/start';

async function assertNothingIsLeft({ db }: TestApp): Promise<void> {
  assert.deepEqual(await db.selectFrom('provider_attempts').select('provider').execute(), []);
  assert.deepEqual(await db.selectFrom('sessions').select('id').execute(), []);
  assert.deepEqual(await db.selectFrom('users').select('id').execute(), []);
}

const words = 'words of the provider <script>';

const faults: Record<string, (response: ServerResponse) => void> = {
  'a 500': (response) => response.writeHead(500).end(words),
  'a redirect inside': (response) =>
    response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data/' }).end(),
  'a redirect to itself': (response) => response.writeHead(307, { location: discovery }).end(),
  'ten MiB': (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(`{"x":"${'x'.repeat(10 * 1024 * 1024)}"}`);
  },
  'no JSON': (response) => response.writeHead(200, { 'content-type': 'text/html' }).end(words),
  'half of a JSON': (response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"issuer":'),
  'a body of another length': (response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
    response.write('{}', () => response.destroy());
  },
  'a closed connection': (response) => response.destroy(),
  'an impossible status': (response) => response.writeHead(999).end(words),
};

for (const [what, answer] of Object.entries(faults)) {
  test(`Q05 discovery that answers with ${what} leaves nothing, and tells nothing`, async (t) => {
    const service = await freshService(t);
    idp.answers.set(discovery, (_request, response) => answer(response));
    failedRequest(await service.api.get(start));
    await assertNothingIsLeft(service);
    assert.doesNotMatch(service.logs(), /words of the provider|169\.254/);
    idp.answers.clear();
    assert.ok(await signedInWith(service));
  });

  test(`Q05 a token endpoint that answers with ${what} opens nothing`, async (t) => {
    const service = await freshService(t);
    idp.answers.set('/token', (_request, response) => answer(response));
    failedRequest(await signInAt(service, new Browser()));
    await assertNothingIsLeft(service);
    assert.doesNotMatch(service.logs(), /words of the provider|169\.254/);
  });
}

test('Q05 keys that cannot be fetched open nothing', async (t) => {
  const service = await freshService(t);
  idp.answers.set('/jwks', (_request, response) => response.writeHead(500).end(words));
  failedRequest(await signInAt(service, new Browser()));
  await assertNothingIsLeft(service);
});

test('Q05 a discovered endpoint inside, or without https, is not called', async (t) => {
  for (const address of [
    'http://169.254.169.254/latest/meta-data/',
    'http://10.0.0.1/token',
    'ftp://localhost/token',
    'http://evil.example/token',
    'https://user:secret@localhost/token',
  ]) {
    const service = await freshService(t);
    idp.rewrite(discovery, async (body) => ({ ...body, token_endpoint: address }));
    failedRequest(await signInAt(service, new Browser()));
    await assertNothingIsLeft(service);
  }
});

test('Q05 nobody is sent to a discovered address that is no page', async (t) => {
  for (const address of ['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', 7]) {
    const service = await freshService(t);
    idp.rewrite(discovery, async (body) => ({ ...body, authorization_endpoint: address }));
    failedRequest(await service.api.get(start));
  }
});

test('Q05 without OIDC_ALLOW_PRIVATE nothing on this machine is called', async (t) => {
  const overrides = {
    OIDC_ALLOW_PRIVATE: 'false',
    OIDC_TEST_ISSUER: 'https://localhost:1',
    OIDC_TEST_CLIENT_ID: 'adl',
  };
  const service = await freshService(t, overrides);
  failedRequest(await service.api.get(start));
  assert.deepEqual(await failures(service), ['provider_unreachable']);
  assert.match(service.logs(), /private address/);
});

test('Q05 who refuses at the provider gets the same page, without its words', async (t) => {
  const service = await freshService(t);
  idp.refuses = true;
  failedRequest(await signInAt(service, new Browser()));
  assert.deepEqual(await failures(service), ['provider_refused']);
  assert.match(service.logs(), /access_denied/);
  assert.doesNotMatch(service.logs(), /words of the provider/);
});

test('Q05 a hundred starts at once ask a slow provider once for each process', async (t) => {
  const service = await freshService(t);
  await Promise.all(Array.from({ length: 100 }, () => service.api.get(start)));
  assert.equal(idp.asked.get(discovery), processes);
});

test('Q05 linking where the provider is away is a 503', async (t) => {
  const service = await freshService(t);
  idp.answers.set(discovery, (_request, response) => response.destroy());
  const { accessToken: token } = await signedInUser(service);
  const answer = await service.api.post('/api/users/me/identities/test/start', {}, { token });
  assertStatus(answer, 503);
});

test('starts from one address are refused after the limit, without a row', async (t) => {
  const service = await freshService(t, { RATE_LIMIT_PER_HOUR: '1000' });
  const remoteAddress = '203.0.113.9';
  const answers = await Promise.all(
    Array.from({ length: 500 }, () => service.api.get(start, { remoteAddress })),
  );
  const begun = answers.filter(({ status }) => status === 302).length;
  assert.equal(begun, 60);
  assert.ok(answers.every(({ status }) => status === 302 || status === 429));
  const rows = await service.db.selectFrom('provider_attempts').select('provider').execute();
  assert.equal(rows.length, 60);
  assertStatus(await service.api.get(start, { remoteAddress: '203.0.113.10' }), 302);
});
