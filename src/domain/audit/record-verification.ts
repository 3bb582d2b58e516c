import type { Dependencies } from '../dependencies.ts';
import { findNewest } from './audit-store.ts';
import { recordRefusal } from './record-event.ts';
import type { AuditVerification } from './verify-audit-chain.ts';

export type LastVerification = { at: Date; isSound: boolean; entries: number };

/** Where nothing can be written, such as on a standby, the verification counts all the same. */
export async function recordVerification(
  deps: Pick<Dependencies, 'db' | 'keys' | 'logger'>,
  { ok, entries }: Pick<AuditVerification, 'ok' | 'entries'>,
): Promise<void> {
  const outcome = ok ? 'success' : 'failure';
  await recordRefusal(deps, { event: 'audit_verified', outcome, details: { count: entries } });
}

/** Of the whole chain; null if it is not known that there was one. */
export async function findLastVerification({
  db,
}: Pick<Dependencies, 'db'>): Promise<LastVerification | null> {
  const event = await findNewest(db, 'audit_verified');
  if (event === null) return null;
  const { occurred_at: at, outcome, details } = event;
  return { at, isSound: outcome === 'success', entries: Number(details.count ?? 0) };
}
