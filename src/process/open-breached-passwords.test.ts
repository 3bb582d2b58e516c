import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { filterOf } from '../../test/breached-list.ts';
import { createLogger } from '../platform/logging/logger.ts';
import { openBreachedPasswords } from './open-breached-passwords.ts';
import { StartupError } from './startup-checks.ts';

function logged() {
  const lines: string[] = [];
  const options = { logLevel: 'info', logFormat: 'json' } as const;
  return { lines, logger: createLogger(options, { write: (line) => void lines.push(line) }) };
}

const { signal } = new AbortController();

test('the start tells how many passwords the filter has, and they are found', async () => {
  const { lines, logger } = logged();
  const file = await filterOf(['one password', 'another one']);
  const opened = await openBreachedPasswords(
    { breachedPasswords: { file, url: undefined } },
    logger,
  );
  assert.match(lines.join(''), /breached passwords: ok \(2 in the filter\)/);
  assert.ok(await opened.has('one password', signal));
  assert.ok(!(await opened.has('One password', signal)));
});

test('without a file the start says nothing, and no password is known', async () => {
  const { lines, logger } = logged();
  const none = { breachedPasswords: { file: undefined, url: undefined } };
  assert.ok(!(await (await openBreachedPasswords(none, logger)).has('password', signal)));
  assert.deepEqual(lines, []);
});

test('a filter that is missing, damaged or none ends the start with what to do', async () => {
  const { logger } = logged();
  const damaged = await filterOf(['one password']);
  const bytes = readFileSync(damaged);
  // The last of the bits, before the checksum.
  bytes[bytes.length - 33] = (bytes.at(-33) ?? 0) ^ 1;
  writeFileSync(damaged, bytes);
  for (const [file, problem] of [
    ['/nowhere/list.filter', 'cannot be opened'],
    [damaged, 'is damaged'],
    [import.meta.filename, 'is no filter of this version'],
  ] as const) {
    const opening = openBreachedPasswords({ breachedPasswords: { file, url: undefined } }, logger);
    await assert.rejects(opening, (error) => {
      assert.ok(error instanceof StartupError);
      assert.match(error.message, new RegExp(`BREACHED_PASSWORDS_FILE ${problem}`));
      assert.match(error.message, /adl passwords build-filter$/);
      return true;
    });
  }
});
