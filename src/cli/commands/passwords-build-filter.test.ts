import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { adl, refusalOf } from '../../../test/adl.ts';
import { temporaryDirectory } from '../../../test/command-line.ts';
import {
  breachDigest,
  breachedPasswordsFilter,
} from '../../domain/breached-passwords/breach-digest.ts';
import { readFilterFile } from '../../platform/bloom-filter/filter-file.ts';

const env = { PATH: process.env.PATH ?? '' };
const build = ['passwords', 'build-filter'] as const;

test('adl passwords build-filter writes a filter beside the list, without a configuration', async (t) => {
  const list = join(temporaryDirectory(t), 'list.txt');
  writeFileSync(list, 'violet harbour\nshort\n');
  const { code, result } = await adl(env, ...build, list);
  assert.equal(code, 0);
  assert.deepEqual(
    { ...result, bytes: 0 },
    { filter: `${list}.filter`, passwords: 1, lines: 2, passed_over: 1, bytes: 0 },
  );
  const { filter } = await readFilterFile(`${list}.filter`, breachedPasswordsFilter);
  assert.ok(filter.test(breachDigest('violet harbour')));

  const output = join(list, '..', 'elsewhere');
  assert.equal((await adl(env, ...build, list, '--output', output)).code, 0);
  assert.equal((await readFilterFile(output, breachedPasswordsFilter)).members, 1);
});

test('a list with a fault, a bad number and a missing file are told apart', async (t) => {
  const list = join(temporaryDirectory(t), 'list.txt');
  writeFileSync(list, `${breachDigest('a')}\nno digest\n`);
  const bad = await adl(env, ...build, list);
  assert.deepEqual(
    [bad.code, JSON.stringify(bad.result).includes('line 2 is no SHA-1')],
    [2, true],
  );
  assert.equal((await adl(env, ...build, list, '--min-count', '0')).code, 2);
  const missing = await adl(env, ...build, `${list}.gone`);
  assert.equal(missing.code, 1);
  assert.match(refusalOf(missing), /cannot be opened \(ENOENT\)/);
});
