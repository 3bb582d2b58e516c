import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

const root = join(import.meta.dirname, '../..');

/** This release with one additional migration; returns the entry to start it from. */
export function createRelease(t: Pick<TestContext, 'after'>, name: string, script: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'adl-release-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  for (const part of ['src', 'migrations', 'package.json']) {
    cpSync(join(root, part), join(directory, part), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
  writeFileSync(join(directory, 'migrations', `${name}.sql`), script);
  return join(directory, 'src/main.ts');
}
