import { type Generated, sql } from 'kysely';
import type { Party, RealmKind } from '../realms/realms.ts';

declare module '../../platform/database/database.ts' {
  interface Tables {
    totp_factors: TotpFactorRow;
    recovery_codes: RecoveryCodeRow;
    second_factor_challenges: ChallengeRow;
  }
}

type OfSubject = { subject_kind: RealmKind; subject_id: string };

type TotpFactorRow = OfSubject & {
  id: string;
  name: string;
  key_id: string;
  /** Sealed, see `totp-secret.ts`. */
  secret: Buffer;
  created_at: Date;
  /** Null: not in force. */
  confirmed_at: Date | null;
  last_used_at: Date | null;
  /** A number that drivers may give as text. */
  last_step: number | string | null;
};

type RecoveryCodeRow = OfSubject & {
  id: string;
  salt: Buffer;
  code_hash: Buffer;
  created_at: Date;
  used_at: Date | null;
};

type ChallengeRow = OfSubject & {
  token_hash: Buffer;
  password_version: number;
  methods: string;
  network_hash: Buffer;
  tries_left: Generated<number>;
  expires_at: Date;
};

/** The rows of one account. */
export function of({ kind, id }: Party) {
  return sql<boolean>`(subject_id = ${id} AND subject_kind = ${kind})`;
}
