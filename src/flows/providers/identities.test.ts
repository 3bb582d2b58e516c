import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answer } from '../../../test/answer.ts';
import { assertStatus } from '../../../test/api.ts';
import { addApp, protectedAccount } from '../../../test/factor-calls.ts';
import { signedInUser } from '../../../test/factories.ts';
import { ownProvider, somebody } from '../../../test/providers/own-provider.ts';
import {
  Browser,
  comeBack,
  failedRequest,
  failures,
  link,
  signedInWith,
  signInAt,
  visit,
  withProvider,
} from '../../../test/providers/provider-calls.ts';
import { statusOfMe } from '../../../test/session-calls.ts';
import { createTestApp, type TestApp } from '../../../test/test-app.ts';
import { userRealm } from '../../domain/realms/realms.ts';

const idp = await ownProvider();
const settings = withProvider(idp);

function list({ api }: TestApp, token: string): Promise<Answer> {
  return api.get('/api/users/me/identities', { token });
}

function unlink({ api }: TestApp, token: string, id: string): Promise<Answer> {
  return api.delete(`/api/users/me/identities/${id}`, { token });
}

test('an account links an identity, which signs in to it, and is told', async (t) => {
  const service = await createTestApp(t, settings);
  const { id, email, accessToken: token } = await signedInUser(service);
  const answer = await link(service, new Browser(), token);
  assert.equal(answer.headers.location, 'http://localhost:8000/app');
  const { body } = await list(service, token);
  assert.equal(body.items.length, 1);
  const [{ id: _, created_at: createdAt, ...shown }] = body.items;
  assert.ok(createdAt);
  assert.deepEqual(shown, {
    provider: 'test',
    name: 'test',
    email: idp.person?.email,
    last_used_at: null,
  });
  const other = await signedInWith(service);
  assert.equal((await service.api.get('/api/users/me', { token: other })).body.id, id);
  const mails = await service.mailbox.mails('identity_linked');
  assert.deepEqual(
    mails.map(({ recipient }) => recipient),
    [email],
  );
});

test('linking the same identity again changes nothing', async (t) => {
  const service = await createTestApp(t, settings);
  const { accessToken: token } = await signedInUser(service);
  await link(service, new Browser(), token);
  await link(service, new Browser(), token);
  assert.equal((await list(service, token)).body.items.length, 1);
  assert.equal((await service.mailbox.mails('identity_linked')).length, 1);
});

test('linking and unlinking want a recent proof', async (t) => {
  const service = await createTestApp(t, settings);
  const { accessToken } = await signedInUser(service);
  await link(service, new Browser(), accessToken);
  const [{ id }] = (await list(service, accessToken)).body.items;
  await service.db
    .updateTable('sessions')
    .set({ authenticated_at: new Date(Date.now() - 16 * 60_000) })
    .execute();
  const path = '/api/users/me/identities/test/start';
  for (const answer of [
    await service.api.post(path, {}, { token: accessToken }),
    await unlink(service, accessToken, id),
  ]) {
    assertStatus(answer, 403);
    assert.equal(answer.body.details.reason, 'reauthentication_required');
  }
});

test('a link ends with the session, the account or the level that it was begun with', async (t) => {
  const service = await createTestApp(t, settings);
  const attempt = async (meanwhile: (id: string, token: string) => Promise<unknown>) => {
    const { id, accessToken: token } = await signedInUser(service);
    const browser = new Browser();
    const begun = await service.api.post('/api/users/me/identities/test/start', {}, { token });
    browser.take(begun.headers['set-cookie']);
    const came = await visit(begun.body.location);
    await meanwhile(id, token);
    failedRequest(await comeBack(service, browser, came));
  };
  await attempt((_id, token) => service.api.post('/api/users/logout-all', undefined, { token }));
  await attempt((id) =>
    service.db.updateTable('users').set({ is_active: false }).where('id', '=', id).execute(),
  );
  await attempt((id) =>
    service.db.updateTable('users').set({ has_second_factor: true }).where('id', '=', id).execute(),
  );
  const reasons = await failures(service, 'identity_linked');
  assert.deepEqual(reasons, ['session_ended', 'session_ended', 'session_ended']);
  assert.deepEqual(await service.db.selectFrom('identities').select('id').execute(), []);
});

test('an identity of somebody else cannot be linked, nor unlinked', async (t) => {
  const service = await createTestApp(t, settings);
  const owner = await signedInWith(service);
  const [{ id }] = (await list(service, owner)).body.items;
  const { accessToken: thief } = await signedInUser(service);
  failedRequest(await link(service, new Browser(), thief));
  assert.deepEqual(await failures(service, 'identity_linked'), ['identity_taken']);
  assertStatus(await unlink(service, thief, id), 404);
  assert.deepEqual((await list(service, thief)).body.items, []);
  assert.equal((await list(service, owner)).body.items.length, 1);
});

test('N12 the last way in cannot be unlinked; a password or a second identity is one', async (t) => {
  const service = await createTestApp(t, settings);
  const token = await signedInWith(service);
  const [{ id }] = (await list(service, token)).body.items;
  const refused = await unlink(service, token, id);
  assertStatus(refused, 409);
  assert.equal(refused.body.details.reason, 'last_way_in');
  assert.equal((await list(service, token)).body.items.length, 1);
  idp.person = somebody();
  await link(service, new Browser(), token);
  assertStatus(await unlink(service, token, id), 204);
  const [left] = (await list(service, token)).body.items;
  assertStatus(await unlink(service, token, left.id), 409);
});

test('N12 an app for codes is no way in, and e-mail sign-in is one', async (t) => {
  const service = await createTestApp(t, settings);
  const token = await signedInWith(service);
  await addApp(service, userRealm, token);
  const [{ id }] = (await list(service, token)).body.items;
  assertStatus(await unlink(service, token, id), 409);
  const byMail = await createTestApp(t, { ...settings, EMAIL_SIGN_IN: 'true' });
  const other = await signedInWith(byMail);
  const [identity] = (await list(byMail, other)).body.items;
  assertStatus(await unlink(byMail, other, identity.id), 204);
});

test('N12 an identity of a provider that is gone is no way in', async (t) => {
  const service = await createTestApp(t, settings);
  const token = await signedInWith(service);
  const [{ id }] = (await list(service, token)).body.items;
  idp.person = somebody();
  await link(service, new Browser(), token);
  await service.db
    .updateTable('identities')
    .set({ provider: 'gone' })
    .where('id', '!=', id)
    .execute();
  assertStatus(await unlink(service, token, id), 409);
});

test('unlinking signs out whoever came in by it, and is told', async (t) => {
  const service = await createTestApp(t, settings);
  const { accessToken: token } = await signedInUser(service);
  await link(service, new Browser(), token);
  const thief = await signedInWith(service);
  const [{ id }] = (await list(service, token)).body.items;
  assertStatus(await unlink(service, token, id), 204);
  assert.equal(await statusOfMe(service.api, userRealm, thief), 401);
  assert.equal(await statusOfMe(service.api, userRealm, token), 200);
  assert.equal((await service.mailbox.mails('identity_unlinked')).length, 1);
  // The address is the provider's own, and nobody has it here: somebody new.
  const answer = await signInAt(service, new Browser());
  assert.equal(answer.headers.location, 'http://localhost:8000/app');
});

test('a sign-in between its two steps ends when its identity is unlinked', async (t) => {
  const service = await createTestApp(t, settings);
  const account = await protectedAccount(service, userRealm);
  await link(service, new Browser(), account.accessToken);
  const answer = await signInAt(service, new Browser());
  const step = new URLSearchParams(String(answer.headers.location).split('#')[1]);
  const [{ id }] = (await list(service, account.accessToken)).body.items;
  assertStatus(await unlink(service, account.accessToken, id), 204);
  const [code] = account.recoveryCodes;
  const body = { challenge: step.get('challenge'), code };
  assertStatus(await service.api.post('/api/users/login/second-factor', body), 401);
});

test('an account has at most ten identities', async (t) => {
  const service = await createTestApp(t, settings);
  const { accessToken: token } = await signedInUser(service);
  await link(service, new Browser(), token);
  const [row] = await service.db.selectFrom('identities').selectAll().execute();
  assert.ok(row);
  for (let count = 1; count < 10; count += 1)
    await service.db
      .insertInto('identities')
      .values({ ...row, id: crypto.randomUUID(), subject: `s${count}` })
      .execute();
  idp.person = somebody();
  failedRequest(await link(service, new Browser(), token));
  assert.deepEqual(await failures(service, 'identity_linked'), ['too_many_identities']);
});

test('identities are in the export of their owner', async (t) => {
  const service = await createTestApp(t, settings);
  const token = await signedInWith(service);
  const { body } = await service.api.get('/api/users/me/export', { token });
  assert.equal(body.identities.length, 1);
  assert.equal(body.identities[0].subject, idp.person?.sub);
  assert.equal(body.identities[0].issuer, idp.issuer);
});

test('what nobody came back for is cleaned away', async (t) => {
  const service = await createTestApp(t, settings);
  const { accessToken: token } = await signedInUser(service);
  await service.api.post('/api/users/me/identities/test/start', {}, { token });
  const count = async () =>
    (await service.db.selectFrom('provider_attempts').select('provider').execute()).length;
  await service.clock.advance(599);
  await service.tidyUp();
  assert.equal(await count(), 1);
  await service.clock.advance(2);
  await service.tidyUp();
  assert.equal(await count(), 0);
});
