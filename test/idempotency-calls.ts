import { randomBytes } from 'node:crypto';
import type { TestApp } from './test-app.ts';

export const newKey = () => randomBytes(16).toString('hex');

/** The options of a request with an `Idempotency-Key`. */
export function keyed(token: string, key: string, more: Record<string, string> = {}) {
  return { token, headers: { 'idempotency-key': key, ...more } };
}

export async function eventCount({ db }: TestApp, event: string): Promise<number> {
  const rows = await db
    .selectFrom('audit_events')
    .select('id')
    .where('event', '=', event as 'sign_in')
    .execute();
  return rows.length;
}
