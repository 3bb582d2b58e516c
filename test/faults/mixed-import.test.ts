import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { test } from 'node:test';
import { stringify } from 'csv-stringify/sync';
import { temporaryDirectory } from '../command-line.ts';
import { firebaseVector, foreignVectors } from '../foreign-vectors.ts';
import { startDatabaseService, withoutPostgres } from './postgres-backed.ts';

const rows = Number(process.env.FAULT_IMPORT_ROWS ?? 10_000);
const adl = join(import.meta.dirname, '../../bin/adl');
const signedIn = 4;

type Kind = { what: string; hash: string; salt: string; password: string | null };

const kinds: readonly Kind[] = [
  ...foreignVectors.map(([what, hash, password]) => ({ what, hash, salt: '', password })),
  { what: 'Firebase', ...firebaseVector },
  { what: 'no password', hash: '', salt: '', password: null },
];

const kindOf = (index: number) => kinds[index % kinds.length] as Kind;

test(`${rows} people with hashes of ${kinds.length} kinds are imported beside the service, and sign in`, {
  skip: withoutPostgres,
}, async (t) => {
  const { server, query } = await startDatabaseService(t);
  const directory = temporaryDirectory(t);
  const [file, project] = [join(directory, 'people.csv'), join(directory, 'project.json')];
  await writePeople(file);
  writeFileSync(project, JSON.stringify(firebaseProject()));
  const child = spawn(adl, ['user', 'import', file, '--firebase', project, '--json'], {
    env: server.env,
  });
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await once(child, 'exit');
  const [out, errors] = await output;
  assert.equal(code, 0, errors);
  assert.deepEqual(JSON.parse(out), { created: rows, skipped: 0, refused: 0, complete: true });
  const [counted] = await query(`
    SELECT count(*)::int AS users, count(password_hash)::int AS passwords, count(DISTINCT legacy_id)::int AS ids,
           (SELECT sum(count)::int FROM user_counts) AS counted,
           (SELECT sum((details->>'count')::int)::int FROM audit_events WHERE event = 'users_imported') AS audited
      FROM users`);
  const without = Array.from({ length: rows }, (_, index) => kindOf(index)).filter(
    (kind) => !kind.hash,
  ).length;
  const all = { users: rows, ids: rows, counted: rows, audited: rows };
  assert.deepEqual(counted, { ...all, passwords: rows - without });
  const login = async (username: string, password: string) =>
    (await server.request('POST', '/api/users/login', { body: { username, password } })).status;
  for (let index = 0; index < signedIn * kinds.length; index += 1) {
    // From all over the file.
    const at = index + kinds.length * Math.floor((index * rows) / (signedIn * kinds.length ** 2));
    const { what, password } = kindOf(at);
    assert.equal(await login(`person.${at}`, 'not the password'), 401, what);
    if (password === null) continue;
    assert.equal(await login(`person.${at}`, password), 200, `${what}: person.${at}`);
    assert.equal(await login(`person.${at}`, password), 200, `${what}: hashed anew`);
  }
});

async function writePeople(file: string): Promise<void> {
  const out = createWriteStream(file);
  out.write('username,email,full_name,password_hash,password_salt,legacy_id,created_at\n');
  for (let index = 0; index < rows; index += 1) {
    const name = `person.${index}`;
    const { hash, salt } = kindOf(index);
    const cells = [
      name,
      `${name}@example.com`,
      `Doe, "${index}"`,
      hash,
      salt,
      index,
      '2020-02-29 12:00:00+01',
    ];
    if (!out.write(stringify([cells]))) await once(out, 'drain');
  }
  out.end();
  await finished(out);
}

function firebaseProject() {
  const { signerKey, saltSeparator, rounds, memoryCost } = firebaseVector.project;
  return {
    base64_signer_key: signerKey.toString('base64'),
    base64_salt_separator: saltSeparator.toString('base64'),
    rounds,
    mem_cost: memoryCost,
  };
}
