import type { Generated } from 'kysely';
import type { RealmKind } from '../realms/realms.ts';

declare module '../../platform/database/database.ts' {
  interface Tables {
    sessions: SessionRow;
  }
}

export type SessionRow = {
  id: string;
  subject_kind: RealmKind;
  subject_id: string;
  key_id: string;
  generation: number;
  current_hash: Buffer;
  previous_hash: Buffer | null;
  idempotency_hash: Buffer | null;
  rotated_at: Date | null;
  rotated_by_hash: Buffer | null;
  created_at: Date;
  last_used_at: Date;
  idle_expires_at: Date;
  absolute_expires_at: Date;
  revoked_at: Date | null;
  revoke_reason: string | null;
  ip: string | null;
  user_agent: string | null;
  device_hash: Buffer | null;
  methods: Generated<string>;
  authenticated_at: Date | null;
  factor_shown_at: Date | null;
  renewed_at: Date | null;
  level: Generated<number>;
};
