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
  'migrations/0002_others.sql':
    'CREATE TABLE admins (id uuid);\nCREATE TABLE sessions (id uuid);\n',
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
  refuses(
    `${code} cannot hide a table from the guard`,
    files,
    tableRule,
    /chooses its table at run time/,
  );
}

const sessionStore = 'src/domain/sessions/session-store.ts';
accepts('a joint reader may read a table chosen at run time', {
  [sessionStore]:
    'export const run = () => sql`SELECT FROM sessions JOIN ${sql.table(realm.table)} AS a`;',
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
  {
    'migrations/0003_notes.sql':
      'CREATE TABLE IF NOT EXISTS notes (id uuid); -- CREATE TABLE words',
  },
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
  refuses(
    `${path} is refused for its name`,
    { [path]: '' },
    /no file or folder is called/,
    new RegExp(path),
  );
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

const compatibilityRule = /says which releases can work with/;
const earlier = Object.fromEntries(
  Array.from({ length: 10 }, (_, at) => [
    `migrations/${String(at + 3).padStart(4, '0')}_earlier.sql`,
    '',
  ]),
);
const next = 'migrations/0013_next.sql';

refuses(
  'a migration that declares nothing is refused',
  { ...earlier, [next]: '' },
  compatibilityRule,
  /0013/,
);
refuses(
  'a migration that is compatible with a later one is refused',
  { ...earlier, [next]: '-- compatible-with: 0013\n' },
  compatibilityRule,
);
for (const declared of ['0012', 'none']) {
  accepts(`a migration that is compatible with ${declared} is accepted`, {
    ...earlier,
    [next]: `-- compatible-with: ${declared}\nSELECT 1;\n`,
  });
}
