import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { closeTestEngine, openEmptyEngine } from '../../../test/test-database.ts';
import { arrayLiteral } from './array-literal.ts';
import { createDatabase } from './database.ts';

test('the database reads back every text, also what an array gives a meaning', async (t) => {
  const engine = await openEmptyEngine();
  t.after(() => closeTestEngine(engine));
  const db = createDatabase(engine.pool, () => {});
  const meaningful = [
    '',
    ' ',
    'NULL',
    'null',
    '{}',
    '{a,b}',
    ',',
    '"',
    '\\',
    '\\"',
    '"\\',
    "'",
    '\n',
  ];
  const texts = [...meaningful, '$1', 'a b', 'ü', '😀', '\\x41', '\u0001', 'x'.repeat(9000), null];
  const { rows } = await sql<{ texts: string[]; flags: boolean[]; none: string[] }>`
    SELECT ${arrayLiteral(texts)}::text::text[] AS texts,
           ${arrayLiteral([true, null, false])}::text::boolean[] AS flags,
           ${arrayLiteral([])}::text::text[] AS none`.execute(db);
  assert.deepEqual(rows, [{ texts, flags: [true, null, false], none: [] }]);
});
