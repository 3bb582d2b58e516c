import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { readCsv } from '../../src/platform/records/read-csv.ts';
import type { FileRecord } from '../../src/platform/records/record.ts';
import { type CommandLine, faultsOf, openCommandLine } from '../command-line.ts';
import { importRows, ndjson, person, usernames } from '../imported-people.ts';
import { createTestApp } from '../test-app.ts';

const file = { file: 'x.csv' };
const unreadable = 'is no CSV: a quote is not closed, or the row is too long';

async function importCsv(line: CommandLine, csv: string | Buffer) {
  const run = await line.run('user import', file, Readable.from(piecesOf(Buffer.from(csv))));
  const named = faultsOf(run).map(({ line: at, field, message }) => `${at} ${field} ${message}`);
  return { result: 'result' in run.outcome ? run.outcome.result : run.outcome, named };
}

/** As a file is read. */
function* piecesOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

test('a hash that would take a minute or a gigabyte to check is refused by its line', async (t) => {
  const service = await createTestApp(t);
  const line = await openCommandLine(t, service);
  const salt = 'c2FsdHNhbHRzYWx0';
  const digest = 'ZGlnZXN0ZGlnZXN0ZGlnZXN0ZGlnZXN0ZGlnZXN0';
  const dear = [
    `$2b$31$${'a'.repeat(53)}`,
    `$argon2id$v=19$m=4194304,t=2,p=1$${salt}$${digest}`,
    `$argon2id$v=19$m=262144,t=99,p=1$${salt}$${digest}`,
    `$argon2i$v=19$m=99999999999,t=3,p=1$${salt}$${digest}`,
    `$scrypt$ln=30,r=8,p=1$${salt}$${digest}`,
    `$scrypt$ln=14,r=8,p=99999999999999999999$${salt}$${digest}`,
    `scrypt:1073741824:8:1$${salt}$${'ab'.repeat(32)}`,
    `pbkdf2_sha256$1000000000000$${salt}$${digest}`,
    `$pbkdf2-sha512$i=${'9'.repeat(400)}$${salt}$${digest}`,
    `pbkdf2:sha999:1000$${salt}$${'ab'.repeat(32)}`,
  ];
  const run = await importRows(
    line,
    dear.map((password_hash, at) => person(`dear${at}`, { password_hash })),
  );
  assert.deepEqual(
    faultsOf(run).map(({ line: at, field }) => `${at} ${field}`),
    dear.map((_hash, at) => `${at + 1} password_hash`),
  );
  assert.deepEqual(await usernames(service), []);
});

test('NUL, huge and nested values are faults of their rows; the next row is imported', async (t) => {
  const service = await createTestApp(t);
  const line = await openCommandLine(t, service);
  const nested = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
  const bad = [
    person('a\0b', { email: 'nul1@example.com' }),
    person('nul2', { email: 'nul2\0@example.com' }),
    person('nul3', { full_name: 'a\0b' }),
    person('nul4', { legacy_id: 'a\0b' }),
    person('nul5', { metadata: { a: '\0' } }),
    person('huge', { full_name: 'x'.repeat(70_000) }),
    person('many', {
      metadata: Object.fromEntries(Array.from({ length: 101 }, (_, at) => [at, at])),
    }),
    person('lone', { full_name: '\ud800' }),
    person('year', { created_at: '99999-01-01T00:00:00Z' }),
    person('list', { is_active: [] }),
  ];
  const deep = `{"username":"deep","email":"deep@example.com","metadata":{"a":${nested}}}\n{"__proto__":{"x":1},"username":"proto","email":"p@example.com"}\n`;
  const input = `${ndjson(bad)}${deep}${ndjson([person('good')])}`;
  const run = await line.run('user import', { file: 'x.ndjson' }, input);
  const lines = faultsOf(run).map(({ line: at }) => at);
  assert.deepEqual(
    [...new Set(lines)].toSorted((one, other) => one - other),
    [...Array(12).keys()].map((at) => at + 1),
  );
  assert.deepEqual(await usernames(service), ['good']);
});

test('addresses that differ by case alone are one: the first of the file is imported', async (t) => {
  const service = await createTestApp(t);
  const line = await openCommandLine(t, service);
  const rows = Array.from(
    { length: 2100 },
    (_, at) => `user${at},${at % 3 === 0 ? 'Ada' : 'aDA'}${at % 700}@Example.com\n`,
  );
  const { named, result } = await importCsv(line, `username,email\n${rows.join('')}`);
  assert.deepEqual(result, { created: 700, skipped: 0, refused: 1400, complete: true });
  assert.ok(named.every((fault) => fault.endsWith(' email is already registered')));
  const expected = Array.from({ length: 700 }, (_, at) => `user${at}`);
  assert.deepEqual(await usernames(service), expected.toSorted());
});

test('a file whose first row is wrong is refused once, and not row by row', async (t) => {
  const service = await createTestApp(t);
  const line = await openCommandLine(t, service);
  for (const [csv, fault] of [
    [
      'username,email,is_admin\nada,ada@example.com,t\nbob,bob@example.com,t\n',
      'has an unknown column, number 3',
    ],
    ['username,email,Email\nada,ada@example.com,x@example.com\n', 'has the column email twice'],
    [`username,email${',x'.repeat(1_000_000)}\n`, unreadable],
    [
      Buffer.from('username,email\nada,ada@example.com\n', 'utf16le').swap16(),
      'has an unknown column, number 1',
    ],
  ] as const) {
    const { named, result } = await importCsv(line, csv);
    assert.deepEqual(named, [`1 the row ${fault}`]);
    assert.deepEqual(result, { created: 0, skipped: 0, refused: 1, complete: false });
  }
  assert.deepEqual(await usernames(service), []);
});

test('text of Windows is read with its mark of UTF-16, or named where it is not in UTF-8', async (t) => {
  const service = await createTestApp(t);
  const line = await openCommandLine(t, service);
  const utf16 = Buffer.from(
    '\ufeffusername,email,full_name\r\nada,ada@example.com,Zoë\r\n',
    'utf16le',
  );
  assert.deepEqual(await importCsv(line, utf16), {
    named: [],
    result: { created: 1, skipped: 0, refused: 0, complete: true },
  });
  const latin = Buffer.from('username,email,full_name\nbob,bob@example.com,Zoë\n', 'latin1');
  assert.deepEqual((await importCsv(line, latin)).named, ['2 the row is not in UTF-8']);
  const users = await service.db.selectFrom('users').select('full_name').execute();
  assert.deepEqual(users, [{ full_name: 'Zoë' }]);
});

test('rows before one that cannot be read are imported, and what follows is not', async (t) => {
  const service = await createTestApp(t);
  const line = await openCommandLine(t, service);
  const rows = 'username,email,full_name\nada,ada@example.com,\n';
  const cases = [
    ['"never closed\nbob,bob@example.com,\n', `3 the row ${unreadable}`],
    [`${','.repeat(1_000_000)}\nbob,bob@example.com,\n`, '3 the row is too long'],
  ] as const;
  for (const [at, [rest, fault]] of cases.entries()) {
    const csv = rows.replaceAll('ada', `ada${at}`) + rest;
    const { named, result } = await importCsv(line, csv);
    assert.deepEqual(named, [fault]);
    assert.deepEqual(result, { created: 1, skipped: 0, refused: 1, complete: false });
  }
  assert.deepEqual(await usernames(service), ['ada0', 'ada1']);
});

test('an endless row is left after a few chunks, whatever it consists of', async () => {
  for (const endless of [',', '"",', 'x', '"', '"\n",', ' ']) {
    const chunk = Buffer.from(endless.repeat(Math.ceil(65_536 / endless.length)));
    let sent = 0;
    async function* chunks() {
      yield Buffer.from('email\n');
      for (; sent < 1000; sent += 1) yield chunk;
    }
    const records: FileRecord[] = [];
    for await (const some of readCsv(chunks(), ['email'])) records.push(...some);
    const last = records.at(-1);
    assert.ok(last !== undefined && 'fault' in last && last.isLast === true, endless);
    assert.ok(sent < 10, `${JSON.stringify(endless)}: ${sent} chunks`);
  }
});

test('blank lines of any number are no row that is too long', async () => {
  async function* chunks() {
    yield Buffer.from('email\n');
    for (let count = 0; count < 20; count += 1) yield Buffer.from('\n'.repeat(65_536));
    yield Buffer.from('ada@example.com\n');
  }
  const records = (await Array.fromAsync(readCsv(chunks(), ['email']))).flat();
  assert.deepEqual(
    records.map((record) => ('value' in record ? record.value : record)),
    [{ email: 'ada@example.com' }],
  );
});
