import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filterOf, startRangeList } from '../../../test/breached-list.ts';
import { breachedPasswordsCheck } from './breached-passwords.ts';
import { runCheck } from './finding.ts';

async function find(breachedPasswords: { file?: string; url?: string }) {
  const { file, url } = breachedPasswords;
  const check = breachedPasswordsCheck({ breachedPasswords: { file, url } });
  const findings = await runCheck(check, new AbortController().signal);
  return findings.map(({ status, cause }) => `${status}: ${cause}`);
}

test('the diagnosis tells whether the filter can be read and the list answers', async () => {
  const list = await startRangeList();
  const file = await filterOf(['one password', 'another one']);
  assert.deepEqual(await find({}), [
    'skipped: neither BREACHED_PASSWORDS_FILE nor BREACHED_PASSWORDS_URL is set',
  ]);
  assert.deepEqual(await find({ file, url: list.url }), [
    'ok: 2 passwords in the filter',
    'ok: BREACHED_PASSWORDS_URL answers',
  ]);
  assert.deepEqual(
    list.asked.map(({ path }) => path),
    ['/range/00000'],
  );
  list.answer = (_request, response) => response.writeHead(500).end();
  const [missing = '', silent = ''] = await find({ file: `${file}.gone`, url: list.url });
  assert.match(missing, /^failed: the file in BREACHED_PASSWORDS_FILE cannot be opened/);
  assert.match(silent, /^warning: BREACHED_PASSWORDS_URL gives no answer/);
});
