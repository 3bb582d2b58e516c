import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

/**
 * One entry of docs/security-cases.json: the requirement, and the standard or incident it comes
 * from.
 */
type SecurityCase = { id: string; title: string; source: string; reason?: string };

const root = join(import.meta.dirname, '../..');
const cases = JSON.parse(
  readFileSync(join(root, 'docs/security-cases.json'), 'utf8'),
) as SecurityCase[];

// A test covers the cases that its name begins with.
const claim = /\b(?:test|describe|it)(?:\.\w+)?\(\s*['"`]|\bname:\s*['"`]/;
const caseId = /(?:[A-Z]\d\d|FI-\d\d)/;
const claimed = new RegExp(`(?:${claim.source})((?:${caseId.source}[ ,:])+)`, 'g');

const files = globSync('{src,test}/**/*.test.ts', { cwd: root });
const testedIds = new Set(
  files.flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(claimed)].flatMap(([, ids = '']) =>
      ids.split(/[ ,:]/).filter(Boolean),
    ),
  ),
);

test('every security case has a test, or a reason for having none', () => {
  const untested = cases.filter(({ id, reason }) => !testedIds.has(id) && reason === undefined);
  assert.deepEqual(
    untested.map(({ id, title }) => `${id} ${title}`),
    [],
  );
});

test('every case that a test names is in the table, and no id is there twice', () => {
  const known = cases.map(({ id }) => id);
  assert.deepEqual(
    [...testedIds].filter((id) => !known.includes(id)),
    [],
  );
  assert.deepEqual(
    known.filter((id, index) => known.indexOf(id) !== index),
    [],
  );
});
