import type { LogEvent } from 'kysely';
import { LRUCache } from 'lru-cache';
import { type Attributes, currentTracing } from './tracing.ts';

/** Enough to see what is read or written; each request sends it again. */
const longestText = 200;

/** A name before a bracket is a function, but after INTO a table with its columns. */
const tableNames =
  /\b(?:FROM|JOIN)\s+([\w".]+)(?![\w".]|\s*\()|\bINTO\s+([\w".]+)|^UPDATE\s+([\w".]+)/gi;

/** By the statement, of which a service has some hundreds. */
const described = new LRUCache<string, { summary: string; attributes: Attributes }>({ max: 500 });

/** A span for a statement of the current trace: its SQL, without the parameters. */
export function traceStatement({
  query,
  queryDurationMillis: milliseconds,
  level,
}: LogEvent): void {
  const tracing = currentTracing();
  if (tracing === null) return;
  const { summary, attributes } = described.get(query.sql) ?? describe(query.sql);
  const failed = level === 'error' ? { ...attributes, 'error.type': 'database' } : attributes;
  tracing.record(summary, failed, { milliseconds });
}

/** What is done to which tables, and how the statement begins (semantic conventions of databases). */
function describe(sql: string): { summary: string; attributes: Attributes } {
  const text = sql.replaceAll(/\s+/g, ' ').trim();
  const operation = /^\w+/.exec(text)?.[0]?.toUpperCase() ?? 'SQL';
  const found = [...text.matchAll(tableNames)].map(([, ...names]) => names.join(''));
  const tables = new Set(found.map((name) => name.replaceAll('"', '')));
  const summary = [operation, ...tables].join(' ').slice(0, longestText);
  const attributes = {
    'db.system.name': 'postgresql',
    'db.query.text': text.slice(0, longestText),
  };
  described.set(sql, { summary, attributes });
  return { summary, attributes };
}
