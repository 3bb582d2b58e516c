import type { LogEvent } from 'kysely';
import { currentTracing } from './tracing.ts';

/** A span for a statement of the current trace: its SQL, without the parameters. */
export function traceStatement({ query, queryDurationMillis, level }: LogEvent): void {
  const tracing = currentTracing();
  if (tracing === null) return;
  const text = query.sql.replaceAll(/\s+/g, ' ').trim();
  const operation = /^\w+/.exec(text)?.[0]?.toUpperCase() ?? 'SQL';
  const failed = level === 'error' ? { 'error.type': 'database' } : {};
  const attributes = { 'db.system.name': 'postgresql', 'db.query.text': text, ...failed };
  tracing.record(operation, attributes, { milliseconds: queryDurationMillis });
}
