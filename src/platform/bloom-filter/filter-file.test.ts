import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { BloomFilter } from 'bloomfilter';
import { FilterFileError, readFilterFile, writeFilterFile } from './filter-file.ts';

function filterOf(members: number, rate: number) {
  const filter = BloomFilter.withTargetError(members, rate);
  for (let at = 0; at < members; at += 1) filter.add(hash('sha1', `member ${at}`));
  return { filter, members };
}

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'adl-filter-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

test('a filter misses no member, and takes as many others for one as was chosen', async (t) => {
  const path = join(folder(t), 'some.filter');
  for (const rate of [1 / 100, 1 / 1000]) {
    await writeFilterFile(path, 'tests', filterOf(20_000, rate));
    const { filter } = await readFilterFile(path, 'tests');
    for (let at = 0; at < 20_000; at += 1) assert.ok(filter.test(hash('sha1', `member ${at}`)));
    let found = 0;
    const probes = 400_000;
    for (let at = 0; at < probes; at += 1)
      if (filter.test(hash('sha1', `stranger ${at}`))) found += 1;
    const measured = found / probes;
    assert.ok(measured < rate * 1.25 && measured > rate * 0.75, `${measured} for ${rate}`);
  }
});

test('at one in a million a member takes 29 bits', () => {
  const { buckets, k } = BloomFilter.withTargetError(1_000_000, 1e-6);
  assert.equal(k, 20);
  const { byteLength } = buckets;
  assert.ok(byteLength > 3_590_000 && byteLength < 3_600_000, `${byteLength}`);
});

test('a written filter is read as it was, and nothing unfinished is left', async (t) => {
  const path = join(folder(t), 'some.filter');
  const written = filterOf(1000, 1e-6);
  const bytes = await writeFilterFile(path, 'tests', written);
  assert.equal(readFileSync(path).length, bytes);
  const read = await readFilterFile(path, 'tests');
  assert.deepEqual([read.members, read.filter.k], [1000, written.filter.k]);
  assert.deepEqual(read.filter.buckets, written.filter.buckets);
  // It replaces what was there before.
  await writeFilterFile(path, 'tests', filterOf(10, 1e-6));
  assert.equal((await readFilterFile(path, 'tests')).members, 10);
  assert.deepEqual(readdirSync(join(path, '..')), ['some.filter']);
});

test('a filter that cannot be written is an error of the file system', async (t) => {
  const path = join(folder(t), 'none', 'some.filter');
  await assert.rejects(writeFilterFile(path, 'tests', filterOf(10, 1e-6)), { code: 'ENOENT' });
});

test('every damaged byte of a file, a cut and a longer one are found', async (t) => {
  const path = join(folder(t), 'some.filter');
  await writeFilterFile(path, 'tests', filterOf(8, 1e-3));
  const whole = readFileSync(path);
  for (let at = 0; at < whole.length; at += 1) {
    const damaged = Buffer.from(whole);
    damaged[at] = (damaged[at] ?? 0) ^ 1;
    writeFileSync(path, damaged);
    await assert.rejects(readFilterFile(path, 'tests'), FilterFileError, `byte ${at}`);
  }
  for (const length of [0, 1, whole.length - 40, whole.length - 1]) {
    writeFileSync(path, whole);
    truncateSync(path, length);
    await assert.rejects(readFilterFile(path, 'tests'), FilterFileError, `cut to ${length}`);
  }
  writeFileSync(path, Buffer.concat([whole, Buffer.alloc(1)]));
  await assert.rejects(readFilterFile(path, 'tests'), { message: /not whole/ });
});

test('what is no filter, or one of something else, is refused with the reason', async (t) => {
  const place = folder(t);
  const path = join(place, 'some.filter');
  await writeFilterFile(path, 'tests', filterOf(8, 1e-3));
  await assert.rejects(readFilterFile(path, 'others'), {
    message: 'is a filter of something else',
  });
  const missing = readFilterFile(join(place, 'none'), 'tests');
  await assert.rejects(missing, { message: 'cannot be opened' });
  await assert.rejects(readFilterFile(place, 'tests'), { message: 'cannot be read' });
  for (const text of ['password\n123456\n', '{"format":"adl-bloom-filter","version":2}\n', '']) {
    writeFileSync(path, text);
    await assert.rejects(readFilterFile(path, 'tests'), {
      message: 'is no filter of this version',
    });
  }
  const header = { format: 'adl-bloom-filter', version: 1, of: 'tests', members: 1, hashes: 1 };
  writeFileSync(path, `${JSON.stringify({ ...header, bytes: 2 ** 29 })}\n`);
  await assert.rejects(readFilterFile(path, 'tests'), { message: /not whole/ });
});
