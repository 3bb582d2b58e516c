import type { Generated } from 'kysely';
import type { RealmKind } from '../realms/realms.ts';

declare module '../../platform/database/database.ts' {
  interface Tables {
    idempotency_keys: IdempotencyRow;
  }
}

type IdempotencyRow = {
  key_hash: Buffer;
  account_kind: RealmKind;
  account_id: string;
  /** Of the secret in `request_digest` and `answer`. */
  key_id: string;
  request_digest: Buffer;
  as_superadmin: boolean;
  /** The attempt that may carry the request out. */
  holder: string;
  lease_until: Date;
  is_carried_out: Generated<boolean>;
  status: number | null;
  answer: Buffer | null;
  expires_at: Date;
};
