import type { ColumnType } from 'kysely';
import type { RealmKind } from '../realms/realms.ts';

declare module '../../platform/database/database.ts' {
  interface Tables {
    audit_events: AuditEventRow;
  }
}

export type Outcome = 'success' | 'failure' | 'denied';

export type AuditEventRow = {
  id: string;
  occurred_at: Date;
  event: string;
  outcome: Outcome;
  actor_kind: RealmKind | null;
  actor_id: string | null;
  subject_kind: RealmKind | null;
  subject_id: string | null;
  ip: string | null;
  request_id: string | null;
  details: ColumnType<Record<string, unknown>, string, never>;
};
