import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../../platform/database/database.ts';
import type { Realm } from '../realms/realms.ts';
import type { ListQuery } from './account-filters.ts';
import { matchingMetadata } from './metadata-filter.ts';

/** A condition on accounts, and whether an index finds those that meet it. */
export type Match = { condition: RawBuilder<boolean>; isIndexed: boolean };

/** Null if the query searches for nothing. */
export async function matchOf(db: Database, realm: Realm, query: ListQuery): Promise<Match | null> {
  const ofText = query.q ? await matchOfText(db, realm, query.q) : null;
  const ofMetadata = matchingMetadata(query);
  if (ofMetadata === null) return ofText;
  const condition = ofText ? sql<boolean>`${ofMetadata} AND ${ofText.condition}` : ofMetadata;
  return { condition, isIndexed: true };
}

/** Accounts that contain the text; without `pg_trgm`, users that begin with it. */
async function matchOfText(db: Database, { kind }: Realm, q: string): Promise<Match> {
  if (kind === 'admin') return { condition: containing(q), isIndexed: false };
  if (!(await hasSearchIndex(db))) return { condition: beginningWith(q), isIndexed: true };
  return hasTrigram.test(q)
    ? { condition: containingByIndex(q), isIndexed: true }
    : { condition: containing(q), isIndexed: false };
}

async function hasSearchIndex(db: Database): Promise<boolean> {
  const { rows } = await sql<{ exists: boolean }>`
    SELECT to_regclass('users_search') IS NOT NULL AS exists`.execute(db);
  return rows[0]?.exists === true;
}

// A database in the locale C takes other letters for spaces.
const hasTrigram = /[a-z0-9]{3}/i;

/** strpos knows no wildcard: what was typed is what is looked for. */
export function containing(q: string): RawBuilder<boolean> {
  return anyField((field) => sql`strpos(lower(${sql.ref(field)}), lower(${q})) > 0`);
}

function beginningWith(q: string): RawBuilder<boolean> {
  return anyField((field) => sql`lower(${sql.ref(field)}) LIKE lower(${`${escaped(q)}%`})`);
}

// The expression of the index `users_search`, word by word. No field contains a line break.
const searchedText = sql`(lower(coalesce(username, '')) || E'\n' || lower(email) || E'\n' || lower(coalesce(full_name, '')))`;

function containingByIndex(q: string): RawBuilder<boolean> {
  if (q.includes('\n')) return sql`false`;
  return sql`${searchedText} LIKE lower(${`%${escaped(q)}%`})`;
}

function escaped(q: string): string {
  return q.replaceAll(/[\\%_]/g, String.raw`\$&`);
}

function anyField(condition: (field: string) => RawBuilder<boolean>): RawBuilder<boolean> {
  return sql`(${sql.join(['username', 'email', 'full_name'].map(condition), sql` OR `)})`;
}
