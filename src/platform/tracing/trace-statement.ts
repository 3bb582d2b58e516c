import type { LogEvent } from 'kysely';
import { LRUCache } from 'lru-cache';
import { type Attributes, currentTracing } from './tracing.ts';

/** Enough to see what is read or written; each request sends it again. */
const longestText = 400;

/** By the statement, of which a service has some hundreds. */
const described = new LRUCache<string, { operation: string; attributes: Attributes }>({ max: 500 });

/** A span for a statement of the current trace: its SQL, without the parameters. */
export function traceStatement({
  query,
  queryDurationMillis: milliseconds,
  level,
}: LogEvent): void {
  const tracing = currentTracing();
  if (tracing === null) return;
  const { operation, attributes } = described.get(query.sql) ?? describe(query.sql);
  const failed = level === 'error' ? { ...attributes, 'error.type': 'database' } : attributes;
  tracing.record(operation, failed, { milliseconds });
}

function describe(sql: string): { operation: string; attributes: Attributes } {
  const text = sql.replaceAll(/\s+/g, ' ').trim();
  const operation = /^\w+/.exec(text)?.[0]?.toUpperCase() ?? 'SQL';
  const attributes = {
    'db.system.name': 'postgresql',
    'db.query.text': text.slice(0, longestText),
  };
  described.set(sql, { operation, attributes });
  return { operation, attributes };
}
