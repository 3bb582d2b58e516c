import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

/** Who may hash without a look at breaches, and why. */
const exempt: Record<string, string> = {
  'src/domain/credentials/hash-new-password.ts': 'looks before',
  'src/flows/sign-in/sign-in.ts': 'the same password, with another cost',
  'src/flows/email-change/undo-email-change.ts': 'a random value that nobody knows',
  'src/operations/backup/create-backup.ts': 'a random value that nobody knows',
};

const root = join(import.meta.dirname, '../..');

test('D14 every password that somebody chose is hashed by hashNewPassword', () => {
  const hashing = globSync('src/**/*.ts', { cwd: root, exclude: ['**/*.test.ts'] }).filter((path) =>
    /\bhasher\.hash\(/.test(readFileSync(join(root, path), 'utf8')),
  );
  assert.deepEqual(hashing.toSorted(), Object.keys(exempt).toSorted());
});
