import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A test moves the database's time: `now()` is found in the schema `test_clock` first. */
export const movableClock = `
  CREATE SCHEMA test_clock;
  CREATE TABLE test_clock.moved (by interval NOT NULL);
  INSERT INTO test_clock.moved VALUES ('0');
  CREATE FUNCTION test_clock.now() RETURNS timestamptz LANGUAGE sql STABLE
    AS 'SELECT pg_catalog.now() + (SELECT by FROM test_clock.moved)';
  CREATE OR REPLACE FUNCTION jobs.job_now() RETURNS timestamptz LANGUAGE sql STABLE
    AS 'SELECT test_clock.now()';
`;

const root = join(import.meta.dirname, '..');
const sources = [
  'migrations/*.sql',
  'src/**/part.ts',
  'src/platform/jobs/job-queue.ts',
  'src/platform/database/{migrate,server-processes}.ts',
  'package-lock.json',
];

/**
 * A template is good as long as the tables, the queues, the test's clock and the engine are the
 * same.
 */
export function templateVersion(): string {
  const hash = createHash('sha256').update(movableClock);
  for (const file of globSync(sources, { cwd: root }).toSorted())
    hash.update(readFileSync(join(root, file)));
  return hash.digest('hex').slice(0, 16);
}

/** Where the embedded template is kept from one run to the next. */
export function embeddedTemplateFile(): string {
  return join(tmpdir(), `adl-test-template-${templateVersion()}.tar`);
}
