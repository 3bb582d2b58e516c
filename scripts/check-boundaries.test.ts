// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the strings are source text for the guards
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { seal } from './boundaries/migration-guard.ts';
import { readTree } from './boundaries/tree.ts';
import { checkBoundaries } from './check-boundaries.ts';

type Files = Record<string, string>;

const sound: Files = {
  'src/configuration/config.ts': 'export const port = process.env.PORT;\n',
  'src/domain/accounts/account-store.ts':
    "export const find = (db) => db.selectFrom('users as u').innerJoin('admins', 'a', 'b');\n",
  'src/domain/sessions/session-store.ts':
    "import { find } from '../accounts/account-store.ts';\nexport const all = (db) => [find(db), sql`SELECT * FROM sessions`];\n",
  'src/platform/clock.ts':
    'export const now = () => Date.now(); // process.env and ../features/x.ts in words\n',
  'migrations/0001_users.sql': 'CREATE TABLE users (id uuid);\n',
  'migrations/0002_others.sql': 'CREATE TABLE admins (id uuid);\nCREATE TABLE sessions (id uuid);\n',
};

function plant(t: TestContext, files: Files): string {
  const root = mkdtempSync(join(tmpdir(), 'boundaries-'));
  t.after(() => rmSync(root, { recursive: true }));
  write(root, files);
  writeFileSync(join(root, 'migrations/checksums.txt'), seal(readTree(root)));
  return root;
}

function write(root: string, files: Files): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
}

/** Exactly one rule is broken, and its message says all that is expected. */
function assertBroken(broken: string[], ...expected: RegExp[]): void {
  assert.equal(broken.length, 1, broken.join('\n'));
  for (const pattern of expected) assert.match(broken[0] ?? '', pattern);
}

/** Adds files to the sound tree: each must break one rule alone. */
function refuses(name: string, files: Files, ...expected: RegExp[]): void {
  test(name, (t) => {
    assertBroken(checkBoundaries(readTree(plant(t, { ...sound, ...files }))), ...expected);
  });
}

function accepts(name: string, files: Files): void {
  test(name, (t) => {
    assert.deepEqual(checkBoundaries(readTree(plant(t, { ...sound, ...files }))), []);
  });
}

accepts('a sound tree breaks no rule', {});

test('a tree without source is not taken for a sound one', (t) => {
  const root = plant(t, { 'migrations/0001_users.sql': 'CREATE TABLE users (id uuid);\n' });
  assert.match(checkBoundaries(readTree(root)).join(), /nothing was checked/);
});

const rateLimit = 'src/platform/rate-limit/limiter.ts';
const intoFeature = '../../domain/accounts/account-store.ts';
const platformRule = /imports from its own floor or from a lower one/;
for (const code of [
  `import { find } from '${intoFeature}';`,
  `import type { Account } from '${intoFeature}';`,
  `export * from "${intoFeature}";`,
  `const { find } = await import('${intoFeature}');`,
]) {
  refuses(
    `platform cannot write ${code}`,
    { [rateLimit]: code },
    platformRule,
    /limiter\.ts imports src\/domain/,
  );
}

refuses(
  'files that import each other are refused',
  {
    'src/flows/letters/a.ts': "import { b } from './b.ts';",
    'src/flows/letters/b.ts': "import { c } from './c.ts';",
    'src/flows/letters/c.ts': "import type { a } from './a.ts';",
  },
  /no import cycles/,
  /letters\/a\.ts → .*letters\/b\.ts → .*letters\/c\.ts → .*letters\/a\.ts/,
);

refuses(
  'folders in a circle are refused, though no two files import each other',
  {
    'src/flows/one/a.ts': "import { b } from '../two/b.ts';",
    'src/flows/two/b.ts': 'export const b = 1;',
    'src/flows/two/c.ts': "import type { d } from '../one/d.ts';",
    'src/flows/one/d.ts': 'export const d = 1;',
  },
  /no folders import each other/,
  /src\/flows\/one → src\/flows\/two → src\/flows\/one/,
);

refuses(
  'a flow does not import the admin floor above it',
  {
    'src/flows/one/a.ts': "import { b } from '../../admin/two/b.ts';",
    'src/admin/two/b.ts': 'export const b = 1;',
  },
  /from its own floor or from a lower one/,
  /src\/flows\/one\/a\.ts imports src\/admin\/two\/b\.ts/,
);

for (const code of [
  'const level = process.env.LOG_LEVEL;',
  "const level = process['env'].LOG_LEVEL;",
  'const { env } = process;',
  "process.loadEnvFile('.env');",
  "import { env } from 'node:process';",
  'const text = `level ${process.env.LOG_LEVEL}`;',
  'const half = width / 2; const level = process.env.LOG_LEVEL; // a / b',
  'const quote = /[\'"]/; const level = process.env.LOG_LEVEL;',
]) {
  refuses(
    `the environment is not read by ${code}`,
    { 'src/main.ts': code },
    /only src\/configuration\/config\.ts/,
    /src\/main\.ts:1/,
  );
}

const outboundRule = /only the files named in scripts\/check-boundaries\.ts open a connection/;
for (const code of [
  "import { request } from 'node:http';",
  "import { type IncomingMessage, get } from 'https';",
  "import net from 'node:net';",
  "import { isIP, connect } from 'node:net';",
  "import * as tls from 'node:tls';",
  "import { lookup } from 'node:dns/promises';",
  "import { createSocket } from 'node:dgram';",
  "import { spawn } from 'node:child_process';",
  "import { fetch } from 'undici';",
  "import pg from 'pg';",
  "import 'axios';",
  "export { request } from 'node:http';",
  "const { request } = await import('node:http');",
  "const http = process.getBuiltinModule('node:http');",
  'const answer = await fetch(url);',
  'const call = fetch;',
  'const answer = await globalThis.fetch(url);',
  'new WebSocket(url);',
  'const sources = [new EventSource(url)];',
]) {
  const files = { 'src/flows/profile/avatar.ts': `${code}\n` };
  refuses(`no feature calls anybody by ${code}`, files, outboundRule, /avatar\.ts:1 (imports|calls) /);
}
accepts('what of those modules opens no connection may be used, and the named files may call', {
  'src/flows/profile/avatar.ts': [
    "import type { request } from 'node:http';",
    "import { type ServerResponse, STATUS_CODES } from 'node:http';",
    "import { isIP } from 'node:net';",
    "import { prefetch } from './prefetch.ts';",
    "const words = 'fetch(url)'; // fetch(url)",
    'cache.fetch(key);',
  ].join('\n'),
  'src/flows/profile/prefetch.ts': 'export const prefetch = (db) => db.fetch();\n',
  'src/platform/smtp/smtp-transport.ts': "const { createTransport } = await import('nodemailer');\n",
  'src/flows/profile/avatar.test.ts': "const answer = await fetch('http://127.0.0.1');\n",
});

const tableRule = /only in its owning folder/;
for (const code of [
  "db.selectFrom('users').selectAll()",
  "db.selectFrom(['users', 'sessions as s'])",
  "db.selectFrom('other').leftJoin('public.users as u', 'u.id', 'other.id')",
  "db.insertInto('users').values(row)",
  "db.updateTable('users').set(row)",
  "db.updateTable('other').from('users')",
  "db.deleteFrom('users')",
  'sql`SELECT 1 FROM other JOIN users USING (id)`',
  'sql<{ n: number }>`UPDATE users SET n = 1`',
  "sql.table('users')",
  "client.query('DELETE FROM users')",
  'client.query(`SELECT * FROM users WHERE id = ${id}`)',
]) {
  const files = { 'src/flows/profile/profile-store.ts': `export const run = () => ${code};` };
  refuses(
    `${code} is refused outside the owner of the table`,
    files,
    tableRule,
    /profile-store\.ts:1 touches users/,
  );
}

for (const code of [
  'db.selectFrom(realm.table)',
  'db.updateTable(accountTable(realm))',
  'sql.table(tableName)',
]) {
  const files = { 'src/flows/profile/profile-store.ts': `export const run = () => ${code};` };
  refuses(`${code} cannot hide a table from the guard`, files, tableRule, /chooses its table at run time/);
}

const sessionStore = 'src/domain/sessions/session-store.ts';
accepts('a joint reader may read a table chosen at run time', {
  [sessionStore]: 'export const run = () => sql`SELECT FROM sessions JOIN ${sql.table(realm.table)} AS a`;',
});
refuses(
  'and may not write it',
  { [sessionStore]: 'export const run = () => db.updateTable(accountTable(realm));' },
  /chooses its table at run time/,
);

accepts('words that are no SQL are no touch of a table', {
  'src/flows/profile/routes.ts':
    "const summary = 'List users'; // db.selectFrom('users')\nconst key = 'sessions';",
  'src/flows/profile/profile.test.ts': "await db.selectFrom('users').execute();",
});

refuses(
  'a table of the migrations without an owner is refused',
  { 'migrations/0003_notes.sql': 'CREATE TABLE IF NOT EXISTS notes (id uuid); -- CREATE TABLE words' },
  tableRule,
  /notes has no owner/,
);
accepts('a table that a later migration dropped needs no owner', {
  'migrations/0003_notes.sql': 'CREATE TABLE notes (id uuid);',
  'migrations/0004_no_notes.sql': 'DROP TABLE notes;',
});

for (const path of [
  'src/index.ts',
  'src/domain/sessions/types.ts',
  'src/utils/text.ts',
  'test/mail-helpers.ts',
]) {
  refuses(`${path} is refused for its name`, { [path]: '' }, /no file or folder is called/, new RegExp(path));
}

refuses('a file of 251 lines is refused', { 'src/long.ts': '\n'.repeat(251) }, /251 lines/);
accepts('a file of 250 lines is not', { 'src/long.ts': '\n'.repeat(250) });

for (const code of ['export default function () {}', 'const a = 1; export { a as default };']) {
  refuses(`${code} is refused`, { 'src/a.ts': code }, /no default exports/, /src\/a\.ts:\d/);
}

const migrationRule = /migrations are named/;
for (const name of ['0004_gap.sql', '0003-dashes.sql', '0002_twice.sql', '3_short.sql']) {
  refuses(
    `migrations/${name} is refused for its name`,
    { [`migrations/${name}`]: '' },
    migrationRule,
    /should be/,
  );
}

test('a sealed migration can be neither changed nor taken away, and a new one must be sealed', (t) => {
  const root = plant(t, sound);
  write(root, { 'migrations/0003_more.sql': 'SELECT 1;' });
  assertBroken(checkBoundaries(readTree(root)), migrationRule, /0003_more\.sql is not sealed yet/);

  write(root, { 'migrations/0002_others.sql': `${sound['migrations/0002_others.sql']}-- later` });
  assertBroken(checkBoundaries(readTree(root)), /0002_others\.sql is sealed and was changed/);
  assert.throws(() => seal(readTree(root)), /0002_others\.sql is sealed and was changed/);

  rmSync(join(root, 'migrations/0001_users.sql'));
  assert.throws(() => seal(readTree(root)), /0001_users\.sql is sealed and gone/);
});
