import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Report, summarize, survivors } from './report.ts';

const source = 'const open = true;\nif (size >=\n    limit) end();\n';

function mutant(status: string, [line, column]: [number, number], [endLine, endColumn]: [number, number]) {
  const location = { start: { line, column }, end: { line: endLine, column: endColumn } };
  return { status, mutatorName: 'Some', replacement: 'other', location };
}

const report: Report = {
  files: {
    'src/a.ts': {
      source,
      mutants: [
        mutant('Killed', [1, 14], [1, 18]),
        mutant('Timeout', [1, 14], [1, 18]),
        mutant('Survived', [2, 5], [3, 10]),
        mutant('NoCoverage', [1, 14], [1, 18]),
        mutant('CompileError', [1, 1], [1, 2]),
      ],
    },
  },
};

test('what survived and what no test reaches counts against the score; what is no program counts for nothing', () => {
  const { lines, score } = summarize([['area', report]]);
  assert.equal(score, 50);
  assert.deepEqual(
    lines.map((line) => line.trim().split(/\s+/)),
    [
      ['area', '2/4', '50.0', '%'],
      ['src/a.ts', '2/4', '50.0', '%'],
      ['all', '2/4', '50.0', '%'],
    ],
  );
});

test('a survivor is shown with its place, its code and what stood there instead', () => {
  assert.deepEqual(survivors(report), [
    'src/a.ts:2 Survived Some: size >= limit → other',
    'src/a.ts:1 NoCoverage Some: true → other',
  ]);
});
