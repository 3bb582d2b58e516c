import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';

const lineCount = 4000;

// More than a pipe or a socket holds: most of it waits in the buffer at the exit.
const program = `
  import { createProcessLogger } from ${JSON.stringify(import.meta.resolve('./logger.ts'))};
  const logger = createProcessLogger({ logLevel: 'info', logFormat: 'json' });
  for (let number = 0; number < ${lineCount}; number += 1) logger.info({ number }, 'a line');
  logger.fatal('the end');
  process.exit(3);
`;

/**
 * Shell commands that give `"$@"` a standard output of the kind, and leave what it wrote in the
 * file `$out`.
 */
const kinds = {
  file: '"$@" >>"$out"',
  pipe: '{ "$@"; echo $? >"$out.code"; } | { sleep 0.3; cat; } >"$out"; exit $(cat "$out.code")',
  terminal: 'script -qec "$(printf "\'%s\' " "$@")" /dev/null </dev/null >"$out"',
};

for (const [kind, command] of Object.entries(kinds)) {
  const skip = kind === 'terminal' && spawnSync('script', ['--version']).error !== undefined;
  test(`every line, in order, and the fatal one last reach a ${kind} at exit`, {
    skip,
  }, async (t) => {
    const directory = temporaryDirectory(t);
    const [out, file] = [join(directory, 'out'), join(directory, 'program.mjs')];
    writeFileSync(file, program);
    const script = `out=$1; shift; ${command}`;
    const child = spawn('sh', ['-c', script, 'sh', out, process.execPath, file], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const [code] = await once(child, 'exit');
    assert.equal(code, 3);
    assertWhole(readFileSync(out, 'utf8'));
  });
}

test('every line, in order, and the fatal one last reach a socket at exit', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const [code] = await once(child, 'close');
  assert.equal(code, 3);
  assertWhole(text);
});

function assertWhole(text: string): void {
  const lines = text
    .trimEnd()
    .split(/\r?\n/)
    .map((line) => JSON.parse(line) as { number?: number; level: string; msg: string });
  const last = lines.pop();
  assert.deepEqual([last?.level, last?.msg], ['fatal', 'the end']);
  assert.deepEqual(
    lines.map(({ number }) => number),
    Array.from({ length: lineCount }, (_, number) => number),
  );
}

function temporaryDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'adl-output-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
