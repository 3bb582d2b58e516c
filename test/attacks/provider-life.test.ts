import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertStatus } from '../api.ts';
import { deletionToken } from '../deletion-calls.ts';
import { ownProvider } from '../providers/own-provider.ts';
import {
  Browser,
  failedRequest,
  link,
  signedInWith,
  signInAt,
  withProvider,
} from '../providers/provider-calls.ts';
import { startTestProvider } from '../providers/test-provider.ts';
import { newPassword, reset, resetToken } from '../reset-calls.ts';
import { createTestApp } from '../test-app.ts';

const idp = await ownProvider();

test('the whole life of an account that began without a password', async (t) => {
  const second = await startTestProvider();
  t.after(() => second.close());
  const service = await createTestApp(t, {
    ...withProvider(idp),
    OIDC_PROVIDERS: 'test,second',
    OIDC_SECOND_ISSUER: second.issuer,
  });
  const { api } = service;
  const email = idp.person?.email ?? '';

  const first = await signedInWith(service);
  const me = (await api.get('/api/users/me', { token: first })).body;
  assert.equal(me.email, email);

  second.person = { sub: 'the-same-person', email: 'private@example.org' };
  await link(service, new Browser(), first, 'second');
  const bySecond = await signedInWith(service, 'second');
  assert.equal((await api.get('/api/users/me', { token: bySecond })).body.id, me.id);

  assertStatus(await reset(api, await resetToken(service, email)), 200);
  const login = await api.post('/api/users/login', { username: email, password: newPassword });
  assertStatus(login, 200);
  const token: string = login.body.access_token;

  const { items } = (await api.get('/api/users/me/identities', { token })).body;
  assert.deepEqual(
    items.map(({ provider }: { provider: string }) => provider),
    ['test', 'second'],
  );
  assertStatus(await api.delete(`/api/users/me/identities/${items[0].id}`, { token }), 204);
  failedRequest(await signInAtAs(service));

  const exported = await api.get('/api/users/me/export', { token });
  assertStatus(exported, 200);
  assert.deepEqual(
    exported.body.identities.map(({ subject }: { subject: string }) => subject),
    ['the-same-person'],
  );

  const body = { password: newPassword };
  assertStatus(await api.request('DELETE', '/api/users/me', body, { token }), 204);
  failedRequest(await signInAt(service, new Browser(), {}, 'second'));
  const undo = await deletionToken(service, email);
  assertStatus(await api.post('/api/users/undo', { token: undo }), 200);
  const back = await signedInWith(service, 'second');
  assert.equal((await api.get('/api/users/me', { token: back })).body.id, me.id);
});

/** The first identity is gone, and no longer proves the address. */
function signInAtAs(service: Parameters<typeof signInAt>[0]) {
  const { sub = '', email = '' } = idp.person ?? {};
  idp.person = { sub, email, email_verified: false };
  return signInAt(service, new Browser());
}

test('an account without a password deletes itself by a recent sign-in, and is erased', async (t) => {
  const service = await createTestApp(t, withProvider(idp));
  const { api } = service;
  const token = await signedInWith(service);
  assertStatus(await api.request('DELETE', '/api/users/me', {}, { token }), 204);
  await service.clock.advance(31 * 86_400);
  await service.tidyUp();
  await service.mailbox.deliver();
  for (const table of ['users', 'identities'] as const)
    assert.deepEqual(await service.db.selectFrom(table).select('id').execute(), [], table);
  assert.ok(await signedInWith(service));
});
