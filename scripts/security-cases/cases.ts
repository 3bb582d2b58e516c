import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One row of docs/security-cases.json: something that must hold, and the standard or incident it is learned from. */
export type SecurityCase = {
  id: string;
  severity?: 'critical' | 'high' | 'medium';
  title: string;
  source: string;
  /** Why no test shows it yet. */
  reason?: string;
};

export type CaseTest = { file: string; name: string; ids: string[] };

export function readCases(root: string): SecurityCase[] {
  return JSON.parse(readFileSync(join(root, 'docs/security-cases.json'), 'utf8')) as SecurityCase[];
}

// The name of a test begins with the cases that it shows.
const named = /^(?:[A-M]\d\d|FI-\d\d)\b/;
const anyId = /\b(?:[A-M]\d\d|FI-\d\d)\b/g;
const call = /\b(?:test|describe|it)(?:\.\w+)?\(\s*|\bname:\s*/;
const literal = /'((?:\\.|[^'\\])*)'|"((?:\\.|[^"\\])*)"|`((?:\\.|\$\{[^}]*\}|[^`\\])*)`/;
const namedCall = new RegExp(`(?:${call.source})(?:${literal.source})`, 'g');

/** The cases that a test's name claims; none where it does not begin with one. */
export function caseIdsOf(name: string): string[] {
  return named.test(name) ? [...new Set(name.match(anyId))] : [];
}

/** The tests of a file that name a case; what a name is filled with at run time is `…`. */
export function findCaseTests(file: string, text: string): CaseTest[] {
  return [...text.matchAll(namedCall)].flatMap(([, single, double, template]) => {
    const name = (single ?? double ?? template ?? '')
      .replaceAll(/\$\{[^}]*\}/g, '…')
      .replaceAll(/\\(.)/g, '$1');
    const ids = caseIdsOf(name);
    return ids.length === 0 ? [] : [{ file, name, ids }];
  });
}

/** What is wrong between the table and the tests. */
export function findCaseFaults(cases: readonly SecurityCase[], tests: readonly CaseTest[]): string[] {
  const known = new Set(cases.map(({ id }) => id));
  const tested = new Set(tests.flatMap(({ ids }) => ids));
  return [
    ...tests.flatMap(({ file, name, ids }) =>
      ids
        .filter((id) => !known.has(id))
        .map((id) => `${file}: '${name}' names ${id}, which docs/security-cases.json does not know`),
    ),
    ...cases
      .filter(({ id, reason }) => !tested.has(id) && reason === undefined)
      .map(
        ({ id, title }) =>
          `${id} (${title}) has neither a test nor, in docs/security-cases.json, a reason why not`,
      ),
    ...cases
      .filter(({ id }, index) => cases.findIndex((one) => one.id === id) !== index)
      .map(({ id }) => `${id} stands in docs/security-cases.json twice`),
  ];
}
