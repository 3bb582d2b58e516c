import type { ColumnType, Generated, Insertable, Selectable } from 'kysely';
import type { RealmKind } from '../realms/realms.ts';

declare module '../../platform/database/database.ts' {
  interface Tables {
    audit_events: AuditEventRow;
  }
}

export type Outcome = 'success' | 'failure' | 'denied';

type AuditEventRow = {
  id: string;
  occurred_at: Date;
  event: string;
  outcome: Outcome;
  actor_kind: RealmKind | null;
  actor_id: string | null;
  subject_kind: RealmKind | null;
  subject_id: string | null;
  /** Personal, like `request_id`: null once erased, and then `personal_salt` is null too. */
  ip: string | null;
  request_id: string | null;
  details: ColumnType<Record<string, unknown>, string, never>;
  personal_salt: Buffer | null;
  personal_digest: Buffer | null;
  /** Null in rows of releases that did not seal their events. */
  seal_key_id: string | null;
  seal: Buffer | null;
  is_chained: Generated<boolean>;
};

export type AuditEvent = Selectable<AuditEventRow>;

/** The database sets the time. */
export type NewAuditEvent = Omit<Insertable<AuditEventRow>, 'occurred_at' | 'is_chained'>;
