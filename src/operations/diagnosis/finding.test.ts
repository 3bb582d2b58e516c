import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failed, ok, runCheck } from './finding.ts';
import { presentFinding } from './present-finding.ts';

const never = new AbortController().signal;

test('a check that never ends has failed after its time', async () => {
  const stuck = { name: 'stuck', run: () => new Promise<never>(() => {}) };
  const [finding] = await runCheck(stuck, never, 20);
  assert.deepEqual(
    [finding?.check, finding?.status, finding?.cause],
    ['stuck', 'failed', 'no answer in 0.02 s'],
  );
});

test('a check that throws shows the code or the class of the error, never its text', async () => {
  const secret = 'postgresql://user:password@host';
  const errors = [
    Object.assign(new Error(secret), { code: 'ECONNREFUSED' }),
    new TypeError(secret),
  ];
  const causes: unknown[] = [];
  for (const error of errors) {
    const [finding] = await runCheck({ name: 'x', run: async () => Promise.reject(error) }, never);
    causes.push(finding?.cause);
  }
  assert.deepEqual(causes, ['ECONNREFUSED', 'TypeError']);
});

test('a table or column of a later schema is not a failed check, but asks for the upgrade', async () => {
  for (const code of ['42P01', '42703']) {
    const run = async () => Promise.reject(Object.assign(new Error('x'), { code }));
    const [finding] = await runCheck({ name: 'x', run }, never);
    assert.equal(finding?.status, 'skipped');
    assert.match(finding?.cause ?? '', /schema is older.*run adl migrate/);
  }
});

test('a finding is one line, and a second with what to do', () => {
  assert.equal(presentFinding({ check: 'tls', ...ok('good') }), 'ok       tls             good\n');
  assert.match(
    presentFinding({ check: 'tls', ...failed('bad', 'fix it') }),
    /^failed .* bad\n {25}fix it\n$/,
  );
});
