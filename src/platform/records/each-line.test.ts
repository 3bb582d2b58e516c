import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { eachLine, LineTooLongError } from './each-line.ts';

function fileOf(t: TestContext, content: string | Buffer): string {
  const folder = mkdtempSync(join(tmpdir(), 'adl-lines-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'lines');
  writeFileSync(path, content);
  return path;
}

async function linesOf(t: TestContext, content: string | Buffer): Promise<string[]> {
  const lines: string[] = [];
  const count = await eachLine(fileOf(t, content), (line, number) => {
    assert.equal(number, lines.length + 1);
    lines.push(line.toString('latin1'));
  });
  assert.equal(count, lines.length);
  return lines;
}

test('lines end with LF or CRLF, and the last one may have no end', async (t) => {
  assert.deepEqual(await linesOf(t, 'one\ntwo\r\n\nfour'), ['one', 'two', '', 'four']);
  assert.deepEqual(await linesOf(t, 'one\n'), ['one']);
  assert.deepEqual(await linesOf(t, ''), []);
  assert.deepEqual(await linesOf(t, '\n'), ['']);
});

test('bytes are kept as they are, and a line may lie across two chunks', async (t) => {
  const odd = Buffer.from([0xff, 0x00, 0x80, 0x0a, 0x61]);
  assert.deepEqual(await linesOf(t, odd), ['\u00ff\u0000\u0080', 'a']);
  const many = Array.from({ length: 60_000 }, (_, at) => `line ${at}`.padEnd(1 + (at % 40), '.'));
  assert.deepEqual(await linesOf(t, many.join('\n')), many);
});

test('a line of more than 64 KiB is an error that names it', async (t) => {
  const long = 'x'.repeat(64 * 1024);
  assert.deepEqual(await linesOf(t, `a\n${long}\n`), ['a', long]);
  for (const content of [`a\n${long}x\nb`, `a\n${long}x`, `a\n${long}${long}${long}`]) {
    const reading = eachLine(fileOf(t, content), () => {});
    await assert.rejects(
      reading,
      (error) => error instanceof LineTooLongError && error.line === 2,
      content.slice(-10),
    );
  }
});
