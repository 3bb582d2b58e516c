import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { userRealm } from '../../src/domain/realms/realms.ts';
import { assertStatus } from '../api.ts';
import { faultsOf, openCommandLine } from '../command-line.ts';
import { moveTo, verifiedUser } from '../email-calls.ts';
import { signedInAdmin, signedInUser } from '../factories.ts';
import { firebaseVector, foreignVectors } from '../foreign-vectors.ts';
import { importRows, ndjson, people, person, usernames } from '../imported-people.ts';
import { storedPassword } from '../stored-passwords.ts';
import { createTestApp } from '../test-app.ts';

test('people imported with foreign hashes sign in with their passwords, which are hashed anew', async (t) => {
  const service = await createTestApp(t);
  const line = await openCommandLine(t, service);
  const rows = foreignVectors.map(([, hash], at) => person(`vector${at}`, { password_hash: hash }));
  const { outcome } = await importRows(line, rows);
  const result = { created: rows.length, skipped: 0, refused: 0, complete: true };
  assert.deepEqual(outcome, { result });
  for (const [at, [what, , password]] of foreignVectors.entries()) {
    const login = (tried: string) =>
      service.api.post('/api/users/login', { username: `vector${at}`, password: tried });
    const same = what.includes('72 bytes') ? 'not it' : `${password}x`;
    assertStatus(await login(same), 401);
    assertStatus(await login(password), 200);
    const { scheme, hash } = await storedPassword(service, userRealm, `vector${at}`);
    assert.ok(scheme === 'bcrypt' || scheme === 'bcrypt-hmac-sha384', `${what}: ${scheme}`);
    assert.match(hash, /^\$2b\$04\$/);
    assertStatus(await login(password), 200);
  }
});

test("Firebase's users keep their passwords with their project's parameters", async (t) => {
  const service = await createTestApp(t);
  const line = await openCommandLine(t, service);
  const { project, hash, salt, password } = firebaseVector;
  const firebase = {
    base64_signer_key: project.signerKey.toString('base64'),
    base64_salt_separator: project.saltSeparator.toString('base64'),
    rounds: project.rounds,
    mem_cost: project.memoryCost,
  };
  const rows = [person('fire', { password_hash: hash, password_salt: salt, legacy_id: 'x1YzA' })];
  await importRows(line, rows, { firebase });
  assertStatus(await service.api.post('/api/users/login', { username: 'fire', password }), 200);
  assert.equal((await storedPassword(service, userRealm, 'fire')).key, null);
});

test('CSV as databases and spreadsheets write it is taken', async (t) => {
  const service = await createTestApp(t);
  const line = await openCommandLine(t, service);
  const csv =
    '\u{feff}Username,email,full_name,is_active,is_email_verified,created_at,legacy_id,app_metadata\r\n' +
    'ada,ada@example.com,"Lovelace, ""Ada""",t,1,2025-10-09 12:11:12.5+02,17,"{""plan"":""pro""}"\r\n' +
    "bob,bob@example.com,'=1+1,no,FALSE,2025-10-09T12:11:12,,\r\n";
  assert.equal((await line.result('user import', { file: 'p.csv' }, csv)).created, 2);
  const rows = await service.db
    .selectFrom('users')
    .select([
      'full_name',
      'is_active',
      'is_email_verified',
      'created_at',
      'legacy_id',
      'app_metadata',
    ])
    .orderBy('username')
    .execute();
  assert.deepEqual(rows, [
    {
      full_name: 'Lovelace, "Ada"',
      is_active: true,
      is_email_verified: true,
      created_at: new Date('2025-10-09T10:11:12.500Z'),
      legacy_id: '17',
      app_metadata: { plan: 'pro' },
    },
    {
      full_name: '=1+1',
      is_active: false,
      is_email_verified: false,
      created_at: new Date('2025-10-09T12:11:12.000Z'),
      legacy_id: null,
      app_metadata: {},
    },
  ]);
});

test('each row that is not taken is named by line and reason; the others are imported', async (t) => {
  const service = await createTestApp(t);
  const line = await openCommandLine(t, service);
  const existing = await signedInUser(service);
  const input =
    ndjson([
      person('good'),
      person('a b', { email: 'ab@example.com' }),
      person('mail', { email: 'nobody' }),
      person('GOOD', { email: 'other@example.com' }),
      person(existing.username.toUpperCase()),
      person('hash', { password_hash: 'plain text' }),
      person('extra', { is_admin: true }),
    ]) +
    '{broken\n\n"text"\n{"username":"no.mail"}\n{"username":"bytes","email":"b@example.com","full_name":"\xff"}\n';
  const bytes = Buffer.from(input, 'latin1');
  const run = await line.run('user import', { file: 'x.ndjson' }, Readable.from([bytes]));
  assert.deepEqual(run.outcome, {
    result: { created: 1, skipped: 0, refused: 10, complete: true },
  });
  assert.deepEqual(
    faultsOf(run)
      .toSorted((one, other) => one.line - other.line)
      .map(({ line: at, field, message }) => `${at} ${field} ${message}`),
    [
      '2 username may contain letters, digits, underscore, dot and hyphen only',
      '3 email is not a plain e-mail address',
      '4 username is already registered',
      '5 username is already registered',
      '6 password_hash is a hash of no known form',
      '7 is_admin is unknown',
      '8 the row is no JSON',
      '10 the row Invalid input: expected object, received string',
      '11 email is required',
      '12 the row is not in UTF-8',
    ],
  );
  assert.deepEqual(await usernames(service), ['good', existing.username].toSorted());
});

test('each batch is one event, without an actor, and nobody is mailed', async (t) => {
  const service = await createTestApp(t);
  const line = await openCommandLine(t, service);
  await importRows(line, people(1500));
  const events = await service.db
    .selectFrom('audit_events')
    .select(['event', 'actor_id', 'details'])
    .execute();
  assert.ok(events.length > 1 && events.every(({ event }) => event === 'users_imported'));
  const counts = events.map(({ details }) => Number(details.count));
  assert.equal(
    counts.reduce((sum, count) => sum + count, 0),
    1500,
  );
  assert.ok(
    events.every(({ actor_id, details }) => actor_id === null && details.via === 'command_line'),
  );
  assert.deepEqual(await service.db.selectFrom('mails').select('id').execute(), []);
  const admin = await signedInAdmin(service);
  const shown = await service.api.get('/api/admins/audit-events', { token: admin.accessToken });
  assert.ok(counts.includes(shown.body.items[0].details.count));
});

test('an address that an owner can still take back is not imported', async (t) => {
  const service = await createTestApp(t);
  const line = await openCommandLine(t, service);
  const owner = await verifiedUser(service);
  await moveTo(service, owner, 'moved@example.com');
  const run = await importRows(line, [
    person('thief', { email: owner.email.toUpperCase() }),
    person('good'),
  ]);
  assert.deepEqual(faultsOf(run), [{ line: 1, field: 'email', message: 'is already registered' }]);
  assert.deepEqual(await usernames(service), ['good', owner.username].toSorted());
  const admin = await signedInAdmin(service);
  const listed = await service.api.get('/api/admins/users', { token: admin.accessToken });
  assert.equal(listed.body.total, 2, 'the counters are right after an import');
});

test('the id of the old system is found by admins, shown to its owner, and unique', async (t) => {
  const service = await createTestApp(t);
  const line = await openCommandLine(t, service);
  const rows = [person('seventeen', { legacy_id: 17 }), person('other', { legacy_id: '17' })];
  const run = await importRows(line, rows);
  assert.deepEqual(faultsOf(run), [
    { line: 2, field: 'legacy_id', message: 'is already registered' },
  ]);
  const admin = await signedInAdmin(service);
  const find = (id: string) =>
    service.api.get(`/api/admins/users?legacy_id=${id}`, { token: admin.accessToken });
  const found = await find('17');
  assert.deepEqual([found.body.total, found.body.items[0].username], [1, 'seventeen']);
  assert.equal((await find('1')).body.total, 0);
});

test('somebody imported without a password signs in with none, and can have a reset link', async (t) => {
  const service = await createTestApp(t);
  const line = await openCommandLine(t, service);
  await importRows(line, [person('nopass'), person('django', { password_hash: '!x9fj' })]);
  for (const username of ['nopass', 'django']) {
    for (const password of ['!', '!x9fj', 'x'.repeat(20)]) {
      assertStatus(await service.api.post('/api/users/login', { username, password }), 401);
    }
  }
});

test('a project of Firebase that is malformed is refused before a row is read', async (t) => {
  const service = await createTestApp(t);
  const line = await openCommandLine(t, service);
  const { outcome } = await importRows(line, people(1), { firebase: { base64_signer_key: '!' } });
  assert.ok('failure' in outcome && outcome.failure.kind === 'invalid');
  assert.deepEqual(await usernames(service), []);
});
