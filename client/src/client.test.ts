import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { userRealm } from '../../src/domain/realms/realms.ts';
import { newestMail, wrongCode } from '../../test/email-sign-in-calls.ts';
import { codeOf, protectedAccount, wrongCodeOf } from '../../test/factor-calls.ts';
import { newRegistration, registeredUser, signedInUser } from '../../test/factories.ts';
import { chosenPassword, invited } from '../../test/invitation-calls.ts';
import { createTestApp, type TestApp } from '../../test/test-app.ts';
import { ApiError, createClient, NetworkError, type StoredTokens, tokenSession } from './client.ts';

type Sent = { path: string; method: string; headers: Headers; status: number };

/** The service on a port, and a fetch that records what goes through it. */
async function listen(t: TestContext, overrides: Record<string, string> = {}) {
  const service = await createTestApp(t, overrides);
  if (!service.app.server.listening) await service.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = service.app.server.address() as AddressInfo;
  const sent: Sent[] = [];
  const recording: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    const { pathname: path } = new URL(input as string);
    const { status } = response;
    sent.push({ path, method: init?.method ?? '', headers: new Headers(init?.headers), status });
    return response;
  };
  const baseUrl = `http://127.0.0.1:${port}`;
  const refreshes = () => sent.filter(({ path }) => path.endsWith('/refresh'));
  return { service, baseUrl, fetch: recording, sent, refreshes };
}

/** A store that several clients share, as the tabs of one browser do. */
function sharedStore(tokens: StoredTokens | null = null) {
  const store = {
    tokens,
    read: () => store.tokens,
    write: (next: StoredTokens | null) => {
      store.tokens = next;
    },
  };
  return store;
}

async function storedSession(service: TestApp, until = Date.now() + 600_000) {
  const { accessToken: token, refreshToken } = await signedInUser(service);
  return sharedStore({ token, until, refreshToken });
}

test('a sign-in that wants a second factor is completed with it', async (t) => {
  const { baseUrl, fetch, service } = await listen(t);
  const { username, password, secret } = await protectedAccount(service, userRealm);
  const client = createClient({ baseUrl, fetch });
  const error = await client.signIn({ username, password }).catch((thrown: ApiError) => thrown);
  assert.ok(error instanceof ApiError);
  assert.equal(error.reason, 'second_factor_required');
  assert.deepEqual(error.methods, ['code']);
  assert.equal(await client.isSignedIn(), false);
  const challenge = error.challenge ?? '';
  await assert.rejects(client.completeSignIn({ challenge, code: wrongCodeOf(service, secret) }), {
    reason: 'second_factor_failed',
  });
  await client.completeSignIn({ challenge, code: codeOf(service, secret) });
  assert.equal((await client.call('GET /api/users/me')).username, username);
});

test('a mail and an invitation sign in, and say where one wanted to go', async (t) => {
  const { baseUrl, fetch, service } = await listen(t, { EMAIL_SIGN_IN: 'true' });
  const { email } = await registeredUser(service);
  const client = createClient({ baseUrl, fetch });
  const asked = { email, return_to: '/app/security' };
  const { request_id } = await client.requestEmailSignIn(asked);
  const { code } = await newestMail(service, email);
  const wrong = { email, code: wrongCode({ code }), request_id };
  await assert.rejects(client.signInByEmail(wrong), { reason: 'email_sign_in_failed' });
  assert.equal(await client.isSignedIn(), false);
  assert.equal(await client.signInByEmail({ email, code, request_id }), '/app/security');
  assert.equal((await client.call('GET /api/users/me')).email, email);

  const guest = createClient({ baseUrl, fetch });
  const { token } = await invited(service);
  await guest.acceptInvitation({ token, username: 'grace', password: chosenPassword });
  assert.equal((await guest.call('GET /api/users/me')).username, 'grace');
});

test('sign up, sign in, read and change the own account, sign out', async (t) => {
  const { baseUrl, fetch, sent } = await listen(t);
  const client = createClient({ baseUrl, fetch });
  const registration = newRegistration();
  await client.call('POST /api/users/register', { body: registration });
  await client.signIn({ username: registration.username, password: registration.password });
  const me = await client.call('GET /api/users/me');
  assert.equal(me.email, registration.email);
  const changed = await client.call('PUT /api/users/me', { body: { full_name: 'Ada Lovelace' } });
  assert.equal(changed.full_name, 'Ada Lovelace');
  await client.signOut();
  assert.equal(await client.isSignedIn(), false);
  await assert.rejects(client.call('GET /api/users/me'), {
    name: 'AuthenticationError',
    status: 401,
  });
  assert.equal(sent.filter(({ path }) => path.endsWith('/refresh')).length, 0);
});

test('many parallel calls with an expired token make one refresh', async (t) => {
  const { service, baseUrl, fetch, refreshes } = await listen(t);
  const session = tokenSession(await storedSession(service, Date.now() - 1));
  const client = createClient({ baseUrl, fetch, session });
  const all = await Promise.all(Array.from({ length: 12 }, () => client.call('GET /api/users/me')));
  assert.equal(new Set(all.map(({ id }) => id)).size, 1);
  assert.equal(refreshes().length, 1);
});

test('many parallel 401s of a token that the service ended early make one refresh', async (t) => {
  const { service, baseUrl, fetch, refreshes } = await listen(t);
  const store = await storedSession(service);
  const client = createClient({ baseUrl, fetch, session: tokenSession(store) });
  if (store.tokens)
    store.tokens = { ...store.tokens, token: `${store.tokens.token.slice(0, -4)}AAAA` };
  await Promise.all(Array.from({ length: 8 }, () => client.call('GET /api/users/me')));
  assert.equal(refreshes().length, 1);
});

test('two tabs with one store make one refresh, under a Web Lock', async (t) => {
  const { service, baseUrl, fetch, refreshes } = await listen(t);
  const store = await storedSession(service, Date.now() - 1);
  const tabs = [1, 2, 3].map(() => createClient({ baseUrl, fetch, session: tokenSession(store) }));
  await Promise.all(tabs.map((tab) => tab.call('GET /api/users/me')));
  assert.equal(refreshes().length, 1);
});

test('a revoked session ends the client once, and it asks no more', async (t) => {
  const { service, baseUrl, fetch, sent } = await listen(t);
  const ended: string[] = [];
  const session = tokenSession(await storedSession(service));
  const client = createClient({ baseUrl, fetch, session, onSignedOut: () => ended.push('ended') });
  await service.db.deleteFrom('sessions').execute();
  await assert.rejects(client.call('GET /api/users/me'), { status: 401 });
  const before = sent.length;
  assert.equal(await client.isSignedIn(), false);
  assert.deepEqual([ended, sent.length], [['ended'], before]);
});

test('errors have the fields at fault, the reason, the request id and the wait', async (t) => {
  const { service, baseUrl, fetch } = await listen(t);
  const client = createClient({ baseUrl, fetch });
  const taken = await registeredUser(service);
  const { password, username } = newRegistration();
  await assert.rejects(
    client.call('POST /api/users/register', { body: { email: taken.email, password, username } }),
    (error: ApiError) => {
      assert.deepEqual([error.name, error.status], ['DuplicateRecordError', 409]);
      assert.equal(error.faults[0]?.field, 'email');
      assert.match(error.requestId ?? '', /^[\da-f-]{36}$/);
      return true;
    },
  );
  await assert.rejects(
    client.call('POST /api/users/register', {
      body: { email: 'no address', password: 'short', username: 'x' },
    }),
    (error: ApiError) => {
      assert.deepEqual(error.faults.map(({ field }) => field).toSorted(), [
        'email',
        'password',
        'username',
      ]);
      return true;
    },
  );
});

test('a change whose answer is lost is sent again with its key, and made once', async (t) => {
  const { service, baseUrl, fetch, sent } = await listen(t);
  let losing = true;
  const lossy: typeof globalThis.fetch = async (input, init) => {
    const response = await fetch(input, init);
    if (!losing || init?.method !== 'PUT') return response;
    losing = false;
    throw new TypeError('fetch failed');
  };
  const client = createClient({
    baseUrl,
    fetch: lossy,
    session: tokenSession(await storedSession(service)),
  });
  await client.call('PUT /api/users/me', { body: { full_name: 'Grace Hopper' } });
  const changes = sent.filter(({ method }) => method === 'PUT');
  assert.equal(changes.length, 2);
  assert.equal(new Set(changes.map(({ headers }) => headers.get('idempotency-key'))).size, 1);
  const events = await service.db.selectFrom('audit_events').select('event').execute();
  assert.equal(events.filter(({ event }) => event === 'profile_changed').length, 1);
});

test('a registration whose answer is lost is not sent again', async (t) => {
  const { baseUrl, fetch, sent } = await listen(t);
  const lossy: typeof globalThis.fetch = async (input, init) => {
    await fetch(input, init);
    throw new TypeError('fetch failed');
  };
  const client = createClient({ baseUrl, fetch: lossy });
  await assert.rejects(
    client.call('POST /api/users/register', { body: newRegistration() }),
    NetworkError,
  );
  assert.equal(sent.length, 1);
});

test('a short Retry-After is waited for, a long one is an error with its seconds', async (t) => {
  let refusals = [{ status: 503, wait: '1' }];
  const server = createServer((_request, response) => {
    const refusal = refusals.shift();
    response.writeHead(refusal?.status ?? 200, {
      'content-type': 'application/json',
      ...(refusal && { 'retry-after': refusal.wait }),
    });
    response.end(
      refusal ? '{"error":"RateLimitExceeded","message":"Too many requests"}' : '{"version":"1"}',
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const store = sharedStore({ token: 'token', until: Date.now() + 60_000, refreshToken: 'none' });
  const client = createClient({ baseUrl, session: tokenSession(store) });
  const started = Date.now();
  await client.call('GET /api/admins/overview');
  assert.ok(Date.now() - started >= 900, 'it did not wait');
  refusals = [{ status: 429, wait: '3000' }];
  await assert.rejects(client.call('GET /api/users/me'), { status: 429, retryAfterSeconds: 3000 });
});

test('a client that gives up hears no answer: the call ends with its signal', async (t) => {
  const { baseUrl, fetch } = await listen(t);
  const stop = new AbortController();
  const client = createClient({ baseUrl, fetch });
  stop.abort(new Error('left the page'));
  const call = client.call('POST /api/users/register', {
    body: newRegistration(),
    signal: stop.signal,
  });
  await assert.rejects(call, { message: 'left the page' });
});
