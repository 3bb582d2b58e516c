import type { ColumnType } from 'kysely';
import type { RealmKind } from '../realms/realms.ts';

declare module '../../platform/database/database.ts' {
  interface Tables {
    passkeys: PasskeyRow;
    passkey_challenges: PasskeyChallengeRow;
  }
}

export type PasskeyRow = {
  id: string;
  subject_kind: RealmKind;
  subject_id: string;
  credential_id: Buffer;
  /** A COSE key. */
  public_key: Buffer;
  /** Never read: it is compared where it is written. */
  counter: ColumnType<never, number, number>;
  /** How the authenticator is reached, with commas: a hint for browsers. */
  transports: string;
  /** True if the authenticator may copy it to other devices of its owner. */
  is_synced: boolean;
  name: string;
  created_at: Date;
  last_used_at: Date | null;
};

/** `create` makes a passkey, `get` uses one: to sign in, or as proof. */
export type Ceremony = 'create' | 'get';

type PasskeyChallengeRow = {
  challenge_hash: Buffer;
  ceremony: Ceremony;
  realm: RealmKind;
  /** Both only of `create`: who asked, in which session. */
  subject_id: string | null;
  session_id: string | null;
  network_hash: Buffer;
  /** One of those of the network; null where they are not limited. */
  slot: number | null;
  expires_at: Date;
};
