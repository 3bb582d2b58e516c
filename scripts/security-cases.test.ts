import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { findCaseFaults, findCaseTests, type SecurityCase } from './security-cases/cases.ts';
import { renderPage, withoutResults } from './security-cases/page.ts';
import { countOutcomes, type Results } from './security-cases/results.ts';

const cases: SecurityCase[] = [
  { id: 'A01', severity: 'high', title: 'One answer', source: 'V6.3.8' },
  { id: 'J12', severity: 'high', title: 'Only good TLS', source: 'V12.1.1', reason: 'No proxy yet' },
  { id: 'FI-14', title: 'Redis is away', source: 'fault: limits hold' },
];
const text = `
test('A01 FI-14 it holds', () => {});
test(
  \`A01 \${realm.kind}: it holds | too\`, () => {});
describe("FI-14 what's away", { concurrency: 4 }, () => {});
const unrelated = 'A01 no test'; test('about A01', () => {});
`;
const tests = findCaseTests('x.test.ts', text);

test('a test shows the cases that its name begins with', () => {
  assert.deepEqual(
    tests.map(({ name, ids }) => [name, ids]),
    [
      ['A01 FI-14 it holds', ['A01', 'FI-14']],
      ['A01 …: it holds | too', ['A01']],
      ["FI-14 what's away", ['FI-14']],
    ],
  );
  assert.deepEqual(findCaseFaults(cases, tests), []);
});

test('a case that nobody knows, one without test and reason, and one that stands twice are faults', () => {
  const unknown = findCaseTests('x.test.ts', `test('Z01 it holds'); test('A99 it holds');`);
  const faults = findCaseFaults([...cases, ...cases.slice(1, 2)], unknown).join('\n');
  assert.match(faults, /names A99/);
  assert.match(faults, /A01 \(One answer\) has neither a test nor/);
  assert.match(faults, /FI-14 \(Redis is away\) has neither/);
  assert.match(faults, /J12 stands in .* twice/);
  assert.doesNotMatch(faults, /J12 \(/);
});

function resultsOf(...recorded: [name: string, outcome: string][]): Results {
  const directory = mkdtempSync(join(tmpdir(), 'recording-'));
  const file = join(directory, 'recording.jsonl');
  writeFileSync(file, recorded.map(([name, outcome]) => `${JSON.stringify({ name, outcome })}\n`).join(''));
  const results = { embedded: { revision: '2026-01-31 abcdef0', cases: countOutcomes(file) } };
  rmSync(directory, { recursive: true });
  return results;
}

test('the page says passed of what ran and passed, and of nothing else', () => {
  assert.doesNotMatch(renderPage(cases, tests, {}), /\d passed/);
  const page = renderPage(
    cases,
    tests,
    resultsOf(['A01 FI-14 it holds', 'passed'], ['A01 user: it holds', 'failed'], ['FI-14 x', 'skipped']),
  );
  assert.match(page, /^\| A01 .* \| 1 failed, 1 passed \| – \|/m);
  assert.match(page, /^\| FI-14 .* \| 1 passed, 1 skipped \| – \|/m);
  assert.match(page, /^\| J12 \| H \| Only good TLS \| No proxy yet \|/m);
});

test('a page is stale by its tests and cases, and not by what came of them', () => {
  const bare = withoutResults(renderPage(cases, tests, {}));
  const ran = renderPage(cases, tests, resultsOf(['A01 FI-14 it holds', 'passed'], ['A01 x', 'failed']));
  assert.equal(withoutResults(ran), bare);
  assert.notEqual(withoutResults(renderPage(cases, tests.slice(1), {})), bare);
  const renamed = cases.map((one) => ({ ...one, title: `${one.title}!` }));
  assert.notEqual(withoutResults(renderPage(renamed, tests, {})), bare);
});
