import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  breachDigest,
  breachedPasswordsFilter,
} from '../../domain/breached-passwords/breach-digest.ts';
import { readFilterFile } from '../../platform/bloom-filter/filter-file.ts';
import { AppError } from '../../platform/errors.ts';
import { buildFilter } from './build-filter.ts';

const known = ['violet harbour', 'pässwörter', 'correct horse battery staple', '12345678'];
const hex = breachDigest;

function listOf(t: TestContext, content: string | Buffer): string {
  const folder = mkdtempSync(join(tmpdir(), 'adl-list-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'list.txt');
  writeFileSync(path, content);
  return path;
}

async function build(t: TestContext, content: string | Buffer, minCount = 0) {
  const list = listOf(t, content);
  const output = `${list}.filter`;
  const built = await buildFilter(list, output, { minCount });
  const { filter } = await readFilterFile(output, breachedPasswordsFilter);
  return { ...built, has: (password: string) => filter.test(breachDigest(password)) };
}

test('a list of passwords, of their SHA-1, or of SHA-1 with counts makes the same filter', async (t) => {
  for (const content of [
    known.join('\n'),
    `${known.join('\r\n')}\r\n`,
    `\ufeff${known.join('\n')}`,
    `\n\n${known.join('\n\n')}`,
    known.map(hex).join('\n'),
    known.map((password) => `${hex(password).toUpperCase()}:${password.length}`).join('\r\n'),
  ]) {
    const { members, lines, has } = await build(t, content);
    assert.deepEqual([members, lines], [4, 4]);
    for (const password of known) assert.ok(has(password), password);
    for (const other of ['violet harbours', 'Violet harbour', '', 'passwort'])
      assert.ok(!has(other), other);
  }
});

test('passwords that are too short for any account take no place', async (t) => {
  const { members, passedOver, lines } = await build(t, 'short\n1234567\n12345678\n');
  assert.deepEqual([members, passedOver, lines], [1, 2, 3]);
});

test('with --min-count only passwords that were seen so often are taken', async (t) => {
  const content = known.map((password, at) => `${hex(password)}:${at}`).join('\n');
  const { members, passedOver, has } = await build(t, content, 2);
  assert.deepEqual([members, passedOver], [2, 2]);
  assert.deepEqual(known.map(has), [false, false, true, true]);
});

for (const [what, content, minCount, expected] of [
  ['an empty list', '', 0, 'has no line'],
  ['a list without a line', '\n\n\r\n', 0, 'has no line'],
  ['a line that is no SHA-1', `${hex('a')}\nb\n`, 0, 'line 2 is no SHA-1'],
  ['a cut SHA-1', `${hex('a')}\n${hex('b').slice(1)}`, 0, 'line 2 is no SHA-1'],
  ['a missing count', `${hex('a')}:3\n${hex('b')}\n`, 2, 'line 2 has no count'],
  ['no counts at all', known.join('\n'), 2, /^has no counts/],
  ['NTLM', '32ED87BDB5FDC5E9CBA88547376818D4:24230577\n', 0, /digests of another kind/],
  ['SHA-256', `${'ab'.repeat(32)}\n`, 0, /digests of another kind/],
  ['UTF-16', Buffer.from('password\n', 'utf16le'), 0, /no plain text/],
  ['gzip', Buffer.from([0x1f, 0x8b, 8, 8, 1, 10, 12, 10]), 0, /no plain text/],
  ['a NUL later', 'password\nwith \0 in it\n', 0, 'line 2 is no text'],
  ['a line without end', `password\n${'x'.repeat(70_000)}`, 0, 'line 2 is too long for a list'],
] as const) {
  test(`${what} is refused with its line, and the filter of before stays`, async (t) => {
    const list = listOf(t, content);
    const output = `${list}.filter`;
    writeFileSync(output, 'of before');
    await assert.rejects(buildFilter(list, output, { minCount }), (error) => {
      assert.ok(error instanceof AppError && error.status === 422, String(error));
      const [fault] = error.details?.errors ?? [];
      assert.match(
        fault?.message ?? '',
        typeof expected === 'string' ? new RegExp(`^${expected}$`) : expected,
      );
      assert.ok(!fault?.message.includes('password\n'));
      return true;
    });
    assert.equal(readFileSync(output, 'utf8'), 'of before');
    assert.ok(!existsSync(`${output}.${process.pid}.partial`));
  });
}

test('a list that is not there is an error of the file system', async () => {
  const building = buildFilter('/nowhere/list', '/nowhere/filter', { minCount: 0 });
  await assert.rejects(building, { code: 'ENOENT' });
});
