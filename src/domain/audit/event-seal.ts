import { randomBytes } from 'node:crypto';
import {
  equalSecrets,
  hmacSha256,
  type KeyRing,
  type SecretKeys,
  sha256,
} from '../../platform/crypto/secret-keys.ts';
import type { AuditEvent } from './audit-event-row.ts';

export type PersonalFields = Pick<AuditEvent, 'ip' | 'request_id'>;
export type PersonalDigest = { personal_salt: Buffer; personal_digest: Buffer };

type SealedFields = Pick<
  AuditEvent,
  | 'id'
  | 'event'
  | 'outcome'
  | 'actor_kind'
  | 'actor_id'
  | 'subject_kind'
  | 'subject_id'
  | 'details'
  | 'personal_digest'
>;

export type HashedFields = SealedFields &
  Pick<AuditEvent, 'seal_key_id' | 'seal'> & {
    /** UTC with microseconds. */
    occurred_at: string;
  };

/** The salt is the key of the digest. Without it nobody can find the address by trying them all. */
export function digestPersonal(fields: PersonalFields): PersonalDigest {
  const salt = randomBytes(16);
  return { personal_salt: salt, personal_digest: personalDigest(salt, fields) };
}

export function personalDigest(salt: Buffer, { ip, request_id }: PersonalFields): Buffer {
  return hmacSha256(salt, JSON.stringify([ip, request_id]));
}

/** Shows that the service wrote the row. The database sets the time; the chain covers it. */
export function sealOf({ auditSeal }: SecretKeys, row: SealedFields): Buffer {
  return hmacSha256(auditSeal, JSON.stringify(['adl-audit-seal/1', ...sealed(row)]));
}

export function isSealed(keys: KeyRing, row: HashedFields): boolean {
  const key = row.seal_key_id === null ? null : keys.find(row.seal_key_id);
  return key !== null && row.seal !== null && equalSecrets(row.seal, sealOf(key, row));
}

/** What the chain contains of an event: everything but the personal fields and their salt. */
export function eventHash(row: HashedFields): Buffer {
  const { occurred_at, seal_key_id, seal } = row;
  const fields = [...sealed(row), occurred_at, seal_key_id, seal?.toString('hex') ?? null];
  return sha256(JSON.stringify(['adl-audit-event/1', ...fields]));
}

function sealed(row: SealedFields): unknown[] {
  return [
    row.id,
    row.event,
    row.outcome,
    row.actor_kind,
    row.actor_id,
    row.subject_kind,
    row.subject_id,
    canonical(row.details),
    row.personal_digest?.toString('hex') ?? null,
  ];
}

/** With sorted members, because jsonb does not keep their order. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(members.map(([name, member]) => [name, canonical(member)]));
}
