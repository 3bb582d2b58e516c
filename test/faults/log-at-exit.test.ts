import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from './eventually.ts';
import { type LogTarget, openFile, openPipe } from './log-target.ts';
import { startUnlimited } from './postgres-backed.ts';

const planted = import.meta.resolve('./planted-errors.ts');

for (const [kind, open] of Object.entries({ file: openFile, pipe: openPipe })) {
  test(`each request answered before a SIGTERM under load is in the log (${kind})`, async (t) => {
    const log = open(t);
    const server = await startUnlimited(t, {}, { wrapper: log.wrapper });
    const answered: string[] = [];
    let isEnding = false;
    const ask = async (client: number) => {
      for (let number = 0; !isEnding; number += 1) {
        const path = `/asked/${client}/${number}`;
        const answer = await server.request('GET', path).catch(() => null);
        if (answer !== null) answered.push(path);
      }
    };
    const asking = Promise.all([1, 2, 3, 4].map(ask));
    await eventually('it is busy', () => answered.length > 500);
    const exit = await server.terminate();
    isEnding = true;
    await asking;
    assert.deepEqual(exit, { code: 0, signal: null });
    await eventually('the last line is read', () => lastOf(log).msg === 'Stopped');
    const logged = new Set(linesOf(log).map(({ path }) => path));
    assert.deepEqual(
      answered.filter((path) => !logged.has(path)),
      [],
    );
  });

  test(`an uncaught error is the last line of the log (${kind})`, async (t) => {
    const log = open(t);
    const server = await startUnlimited(
      t,
      { NODE_OPTIONS: `--import=${planted}` },
      { wrapper: log.wrapper },
    );
    await server.request('GET', '/planted/process/timer');
    assert.equal((await server.exited).code, 1);
    await eventually('the last line is read', () => lastOf(log).level === 'fatal');
  });
}

type Line = { level?: string; msg?: string; path?: string };

function linesOf(log: Pick<LogTarget, 'text'>): Line[] {
  return log
    .text()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

function lastOf(log: Pick<LogTarget, 'text'>): Line {
  return linesOf(log).at(-1) ?? {};
}
