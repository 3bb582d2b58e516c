import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { assertStatus } from '../../../test/api.ts';
import { type CommandLine, faultsOf, openCommandLine } from '../../../test/command-line.ts';
import { moveTo, verifiedUser } from '../../../test/email-calls.ts';
import { signedInAdmin, signedInUser } from '../../../test/factories.ts';
import { firebaseVector, foreignVectors } from '../../../test/foreign-vectors.ts';
import { storedPassword } from '../../../test/stored-passwords.ts';
import { createTestApp, type TestApp } from '../../../test/test-app.ts';
import { userRealm } from '../../domain/realms/realms.ts';

type Row = Record<string, unknown>;

const person = (name: string, more: Row = {}): Row => ({
  username: name,
  email: `${name}@example.com`,
  ...more,
});
const people = (count: number, name = 'person'): Row[] =>
  Array.from({ length: count }, (_, index) => person(`${name}${index + 1}`));

function ndjson(rows: readonly Row[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}

function importRows(line: CommandLine, rows: readonly Row[], parameters: object = {}) {
  const input = ndjson(rows);
  const digest = createHash('sha256').update(input).digest('hex');
  return line.run('user import', { file: 'x.ndjson', digest, ...parameters }, input);
}

async function usernames({ db }: TestApp): Promise<(string | null)[]> {
  const rows = await db.selectFrom('users').select('username').orderBy('username').execute();
  return rows.map(({ username }) => username);
}

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
    .select(['full_name', 'is_active', 'is_email_verified', 'created_at', 'legacy_id', 'app_metadata'])
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
  assert.deepEqual(run.outcome, { result: { created: 1, skipped: 0, refused: 10, complete: true } });
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

test('with --on-error=stop nothing at or after the first bad row is imported', async (t) => {
  const service = await createTestApp(t);
  const line = await openCommandLine(t, service);
  for (const [bad, name] of [
    [person('a b', { email: 'ab@example.com' }), 'early'],
    [person('early1', { email: 'free@example.com' }), 'late'],
  ] as const) {
    const before = await usernames(service);
    const rows = [...people(1200, name), bad, ...people(900, `${name}.after`)];
    const run = await importRows(line, rows, { onError: 'stop' });
    assert.deepEqual(run.outcome, { result: { created: 1200, skipped: 0, refused: 1, complete: false } });
    assert.deepEqual(
      faultsOf(run).map(({ line: at }) => at),
      [1201],
    );
    assert.equal((await usernames(service)).length, before.length + 1200);
  }
});

test('a second run doubles nothing and names everyone, or passes over them as asked', async (t) => {
  const service = await createTestApp(t);
  const line = await openCommandLine(t, service);
  await importRows(line, people(30));
  const again = await importRows(line, people(30));
  assert.deepEqual(again.outcome, { result: { created: 0, skipped: 0, refused: 30, complete: true } });
  assert.equal(faultsOf(again).length, 30);
  const skipping = await importRows(line, people(31), { skipExisting: true });
  assert.deepEqual(skipping.outcome, { result: { created: 1, skipped: 30, refused: 0, complete: true } });
  assert.deepEqual(faultsOf(skipping), []);
});

test('a dry run finds the same faults and writes nothing', async (t) => {
  const service = await createTestApp(t);
  const line = await openCommandLine(t, service);
  const rows = [
    ...people(3),
    person('person1', { email: 'x@example.com' }),
    person('a b', { email: 'ab@example.com' }),
  ];
  const { outcome } = await importRows(line, rows, { dryRun: true });
  assert.deepEqual(outcome, {
    result: { created: 3, skipped: 0, refused: 2, complete: true, dry_run: true },
  });
  assert.deepEqual(await usernames(service), []);
  assert.deepEqual(await service.db.selectFrom('imports').select('id').execute(), []);
  assert.deepEqual(await service.db.selectFrom('audit_events').select('id').execute(), []);
});

test('an import that lost its client in the middle is taken up where it was', async (t) => {
  const service = await createTestApp(t);
  const line = await openCommandLine(t, service);
  const rows = people(2500);
  const digest = createHash('sha256').update(ndjson(rows)).digest('hex');
  async function* half() {
    yield Buffer.from(ndjson(rows.slice(0, 1700)));
    while ((await usernames(service)).length < 1000) await setTimeout(10);
    throw new Error('the client is gone');
  }
  await line.run('user import', { file: 'x.ndjson', digest }, Readable.from(half())).catch(() => {});
  const first = (await usernames(service)).length;
  assert.ok(first >= 1000 && first < 2500, `${first} were imported`);
  const refused = await importRows(line, rows);
  assert.match(JSON.stringify(refused.outcome), /stopped after line 1\d{3}/);
  const resumed = await importRows(line, rows, { resume: true });
  assert.deepEqual(resumed.outcome, {
    result: { created: 2500 - first, skipped: 0, refused: 0, complete: true, resumed_after_line: first },
  });
  assert.equal((await usernames(service)).length, 2500);
  assert.match(JSON.stringify((await importRows(line, rows, { resume: true })).outcome), /no unfinished/);
});

test('standard input cannot be resumed, and a file needs a format', async (t) => {
  const line = await openCommandLine(t, await createTestApp(t));
  const resumed = await line.run('user import', { file: '-', format: 'csv', resume: true });
  assert.match(JSON.stringify(resumed.outcome), /needs a file/);
  assert.match(
    JSON.stringify((await line.run('user import', { file: 'people.txt' })).outcome),
    /csv or ndjson/,
  );
});

test('each batch is one event, without an actor, and nobody is mailed', async (t) => {
  const service = await createTestApp(t);
  const line = await openCommandLine(t, service);
  await importRows(line, people(1500));
  const events = await service.db
    .selectFrom('audit_events')
    .select(['event', 'actor_id', 'details'])
    .execute();
  assert.deepEqual(
    events.map(({ event }) => event),
    ['users_imported', 'users_imported'],
  );
  const counts = events.map(({ details }) => details.count);
  assert.deepEqual(counts, [1000, 500]);
  assert.ok(events.every(({ actor_id, details }) => actor_id === null && details.via === 'command_line'));
  assert.deepEqual(await service.db.selectFrom('mails').select('id').execute(), []);
  const admin = await signedInAdmin(service);
  const shown = await service.api.get('/api/admins/audit-events', { token: admin.accessToken });
  assert.equal(shown.body.items[0].details.count, 500);
});

test('an address that an owner can still take back is not imported', async (t) => {
  const service = await createTestApp(t);
  const line = await openCommandLine(t, service);
  const owner = await verifiedUser(service);
  await moveTo(service, owner, 'moved@example.com');
  const run = await importRows(line, [person('thief', { email: owner.email.toUpperCase() }), person('good')]);
  assert.deepEqual(faultsOf(run), [{ line: 1, field: 'email', message: 'is already registered' }]);
  assert.deepEqual(await usernames(service), ['good', owner.username].toSorted());
});

test('the id of the old system is found by admins, shown to its owner, and unique', async (t) => {
  const service = await createTestApp(t);
  const line = await openCommandLine(t, service);
  const rows = [person('seventeen', { legacy_id: 17 }), person('other', { legacy_id: '17' })];
  const run = await importRows(line, rows);
  assert.deepEqual(faultsOf(run), [{ line: 2, field: 'legacy_id', message: 'is already registered' }]);
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
