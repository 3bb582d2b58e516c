import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { DirectoryInUseError, lockDirectory } from './directory-lock.ts';

test('a directory in use is refused, naming the process, until that process ends', async (t) => {
  const directory = emptyDirectory(t);
  const holder = await startHolder(t, directory);
  assert.throws(
    () => lockDirectory(directory),
    (error) =>
      error instanceof DirectoryInUseError &&
      error.message.includes(`in use by process ${holder.pid}:`),
  );
  holder.stdin?.end();
  assert.deepEqual(await once(holder, 'exit'), [0, null]);
  lockDirectory(directory)();
});

test('kill -9 releases the lock and leaves nothing stale behind', async (t) => {
  const directory = emptyDirectory(t);
  for (let round = 0; round < 3; round++) {
    const holder = await startHolder(t, directory);
    assert.throws(() => lockDirectory(directory), DirectoryInUseError);
    holder.kill('SIGKILL');
    assert.deepEqual(await once(holder, 'exit'), [null, 'SIGKILL']);
    lockDirectory(directory)();
  }
});

test('of several processes that start at once exactly one gets the directory', async (t) => {
  const directory = emptyDirectory(t);
  const starts = await Promise.all(Array.from({ length: 4 }, () => startProcess(t, directory)));
  assert.deepEqual(starts.map(({ word }) => word).toSorted(), [
    'DirectoryInUseError',
    'DirectoryInUseError',
    'DirectoryInUseError',
    'locked',
  ]);
});

test('one process can lock a directory once, and again after unlocking it', (t) => {
  const directory = emptyDirectory(t);
  const unlock = lockDirectory(directory);
  assert.throws(() => lockDirectory(directory), DirectoryInUseError);
  unlock();
  unlock();
  lockDirectory(directory)();
});

test('a missing directory is created for its owner only, and locks are independent', (t) => {
  const parent = emptyDirectory(t);
  const unlocks = ['one', 'two/deep'].map((name) => lockDirectory(join(parent, name)));
  assert.equal(statSync(join(parent, 'one')).mode & 0o777, 0o700);
  for (const unlock of unlocks) unlock();
});

test('an error of the file system is not reported as a lock', (t) => {
  const parent = emptyDirectory(t);
  writeFileSync(join(parent, 'file'), '');
  assert.throws(() => lockDirectory(join(parent, 'file')), { code: 'EEXIST' });
  mkdirSync(join(parent, 'odd/process.lock'), { recursive: true });
  assert.throws(
    () => lockDirectory(join(parent, 'odd')),
    (error) => !(error instanceof DirectoryInUseError),
  );
});

function emptyDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'adl-lock-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

async function startHolder(t: TestContext, directory: string): Promise<ChildProcess> {
  const { child, word } = await startProcess(t, directory);
  assert.equal(word, 'locked');
  return child;
}

/**
 * A process that tries to lock the directory and runs until its stdin ends; `word` is its output.
 */
async function startProcess(
  t: TestContext,
  directory: string,
): Promise<{ child: ChildProcess; word: string }> {
  const script = `
    const { lockDirectory } = await import(${JSON.stringify(join(import.meta.dirname, 'directory-lock.ts'))});
    try {
      lockDirectory(${JSON.stringify(directory)});
      process.stdout.write('locked');
    } catch (error) {
      process.stdout.write(error.name);
    }
    process.stdin.resume();`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  const [word] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, word: word.toString() };
}
