import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventsOf } from '../../../test/audited-life.ts';
import { moveTo, verify } from '../../../test/email-calls.ts';
import { registeredUser, signedInAdmin } from '../../../test/factories.ts';
import { createAuthenticator } from '../../../test/passkeys/authenticator.ts';
import { creationOptions } from '../../../test/passkeys/passkey-calls.ts';
import { forgot } from '../../../test/reset-calls.ts';
import { createTestApp, type TestApp } from '../../../test/test-app.ts';
import { rowsWith } from '../../../test/whole-database.ts';
import { assembly } from '../../app.ts';
import { transact } from '../../platform/database/database.ts';
import { userRealm } from '../realms/realms.ts';
import { erasePersonalData } from './erase-personal-data.ts';

const userAgent = 'Netscape/4.8 (a rare one)';

/** A user with rows in every table, and what must not be found afterwards. */
async function traceful(service: TestApp) {
  const { api, clock } = service;
  const [first, email] = ['First.Address@example.net', 'second.address@example.net'];
  const user = await registeredUser(service, {
    username: 'Trace.Ful',
    email: first,
    fullName: 'Nadia Trace',
  });
  await verify(service, first);
  await moveTo(service, user, email);
  const from = { remoteAddress: '203.0.113.77', headers: { 'user-agent': userAgent } };
  const { username, password } = user;
  await api.post('/api/users/login', { username, password: 'wrong' }, from);
  await api.post('/api/users/login', { username, password }, from);
  await forgot(api, email);
  const options = await creationOptions(service, userRealm, user.accessToken);
  const passkey = { name: 'Nadias key', response: createAuthenticator().create(options) };
  await api.post('/api/users/me/passkeys', passkey, { token: user.accessToken });
  const metadata = {
    metadata: JSON.stringify({ club: 'Rowing' }),
    app_metadata: JSON.stringify({ crm: 'T-77' }),
  };
  await service.db.updateTable('users').set(metadata).where('id', '=', user.id).execute();
  await clock.advance(1);
  const traces = [
    username,
    first,
    email,
    'Nadia Trace',
    'Rowing',
    'T-77',
    'Nadias key',
    '203.0.113.77',
    userAgent,
  ];
  return { ...user, email, traces };
}

function erase(
  service: TestApp,
  { id, username, email }: { id: string; username: string | null; email: string },
) {
  const deps = { ...service.deps, ...assembly };
  return transact(service.db, (trx) =>
    erasePersonalData(deps, trx, { kind: 'user', id, username, email }),
  );
}

test('an erased account leaves no name, address, device or network in any table', async (t) => {
  const service = await createTestApp(t);
  const user = await traceful(service);
  const before = await rowsWith(service.db, user.traces);
  const tables = new Set(before.map(({ table }) => table));
  for (const table of ['users', 'sessions', 'links', 'mails', 'audit_events', 'passkeys'])
    assert.ok(tables.has(`public.${table}`), table);
  assert.ok([...tables].some((table) => table.startsWith('jobs.')));
  await erase(service, user);
  assert.deepEqual(await rowsWith(service.db, user.traces), []);
});

test('a user without username or password is exported with metadata, and erased', async (t) => {
  const service = await createTestApp(t);
  const { id, email } = await registeredUser(service, { email: 'nameless.trace@example.net' });
  const none = { username: null, password_scheme: null, password_hash: null };
  const metadata = JSON.stringify({ club: 'Rowing' });
  await service.db
    .updateTable('users')
    .set({ ...none, metadata, app_metadata: metadata })
    .execute();
  const subject = { kind: 'user', id, username: null, email } as const;
  const rows: Record<string, unknown>[] = [];
  for (const { exported } of assembly.personalData) {
    if (!('name' in exported) || exported.name !== 'account') continue;
    const deps = { ...service.deps, ...assembly };
    for await (const row of exported.read(deps, service.db, subject))
      rows.push(exported.schema(deps).parse(row) as Record<string, unknown>);
  }
  const shown = rows.map(({ username, metadata, app_metadata }) => [
    username,
    metadata,
    app_metadata,
  ]);
  assert.deepEqual(shown, [[null, { club: 'Rowing' }, { club: 'Rowing' }]]);
  await erase(service, subject);
  assert.deepEqual(await rowsWith(service.db, [email, 'Rowing']), []);
});

test('erasing keeps the events, without address and request, and clears the counts', async (t) => {
  const service = await createTestApp(t);
  const admin = await signedInAdmin(service);
  const user = await traceful(service);
  const path = `/api/admins/users/${user.id}`;
  await service.api.patch(path, { full_name: 'N. Trace' }, { token: admin.accessToken });
  const before = await eventsOf(service, admin, `&subject=${user.id}`);
  await erase(service, user);
  const after = await eventsOf(service, admin, `&subject=${user.id}`);
  const withoutPlace = before.map((event) =>
    event.actor?.kind === 'admin' ? event : { ...event, ip: null, request_id: null },
  );
  assert.deepEqual(after, withoutPlace);
  assert.equal(after.find(({ event }) => event === 'user_changed')?.ip, '127.0.0.1');
  const counts = await service.db.selectFrom('throttles').select('policy').execute();
  // Those of the address that it had before; they are gone after an hour.
  assert.deepEqual(
    counts.map(({ policy }) => policy),
    ['mail-recipient', 'mail-recipient', 'mail-recipient'],
  );
});

test('erasing one account leaves all others as they are', async (t) => {
  const service = await createTestApp(t);
  const other = await registeredUser(service);
  const user = await traceful(service);
  await service.mailbox.deliver();
  const words = [other.id, other.email];
  const before = await rowsWith(service.db, words);
  await erase(service, user);
  assert.deepEqual(await rowsWith(service.db, words), before);
});
