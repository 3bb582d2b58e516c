import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { temporaryDirectory } from '../../../test/command-line.ts';
import { readCsv } from '../../platform/records/read-csv.ts';
import { openItemFile } from './item-file.ts';

const columns = ['username', 'full_name', 'is_active', 'metadata'];
const names = [
  '=1+1',
  '+1',
  '-1',
  '@a',
  '\tx',
  '\rx',
  '＝1',
  'a "b", c',
  'two\nlines',
  '',
  null,
  'plain',
];

test('H12 cells that a spreadsheet would run are escaped, and read back as they were', async (t) => {
  const path = join(temporaryDirectory(t), 'users.csv');
  const file = await openItemFile(path, undefined, columns);
  for (const full_name of names)
    await file.add({ username: 'ada', full_name, is_active: false, metadata: { a: 1 } });
  await file.close();
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const text = readFileSync(path, 'utf8');
  assert.equal(text.split('\n', 1)[0], columns.join(','));
  for (const cell of text.split('\n').flatMap((line) => line.split(','))) {
    assert.doesNotMatch(cell.replace(/^"/, ''), /^[=+\-@\t\r＝＋－＠]/);
  }
  const read = await Array.fromAsync(readCsv(Readable.from([Buffer.from(text)]), columns));
  const back = read
    .flat()
    .map((record) => ('value' in record ? (record.value as Record<string, string>) : {}));
  assert.deepEqual(
    back.map(({ full_name = null }) => full_name),
    names.map((name) => name || null),
  );
  assert.deepEqual(back[0], {
    username: 'ada',
    full_name: '=1+1',
    is_active: 'false',
    metadata: '{"a":1}',
  });
});

test('another name, or what was asked for, makes it NDJSON', async (t) => {
  const path = join(temporaryDirectory(t), 'users.txt');
  const file = await openItemFile(path, undefined, columns);
  await file.add({ username: 'ada' });
  await file.close();
  assert.equal(readFileSync(path, 'utf8'), '{"username":"ada"}\n');
  await assert.rejects(openItemFile(path, 'xml', columns), /csv or ndjson/);
});
