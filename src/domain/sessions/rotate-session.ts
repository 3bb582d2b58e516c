import { type RawBuilder, sql } from 'kysely';
import { compileOnce } from '../../platform/database/compile-once.ts';
import type { Database } from '../../platform/database/database.ts';
import { loadTogether } from '../../platform/database/load-together.ts';
import { oncePerRealm } from '../realms/once-per-realm.ts';
import { byRealm, type Realm } from '../realms/realms.ts';
import { currentSigningKey } from '../signing-keys/signing-key-store.ts';
import { readProof } from './proof.ts';
import { live, ofActiveAccount, type SessionRecord } from './session-store.ts';
import type { TokenProof } from './token-proof.ts';

export type Rotation = {
  sessionId: string;
  generation: number;
  presentedHash: Buffer;
  successorHash: Buffer;
  keyId: string;
  idempotencyHash: Buffer | null;
  rotatedByHash: Buffer | null;
  idleSeconds: number;
};

type Rotated = { subjectId: string; proof: TokenProof };

/** Each is a commit. With two under way refreshes were no faster, and shared less. */
const commitsAtOnce = 1;

/**
 * Checks and rotates in one statement, which the rotations of the moment share. Null unless the
 * token is current and the session live.
 */
export async function rotateSession(
  db: Database,
  realm: Realm,
  rotation: Rotation,
): Promise<Rotated | null> {
  const shared = await rotatorOf(db, realm)(rotation);
  if (shared !== undefined) return shared;
  // Somebody else may have held the lock on the session.
  const find = await run(alone[realm.kind], db, [rotation]);
  return find(rotation) ?? null;
}

const rotatorOf = oncePerRealm((db, realm) =>
  loadTogether(
    db,
    (connection, rotations: readonly Rotation[]) =>
      run(together[realm.kind], connection, rotations),
    { atOnce: commitsAtOnce },
  ),
);

type Row = Pick<
  SessionRecord,
  'subject_id' | 'methods' | 'authenticated_at' | 'level' | 'created_at'
> & { place: number; signing_key_id: string | null };

type Values = {
  sessionIds: string[];
  generations: number[];
  presented: Buffer[];
  successors: Buffer[];
  keyIds: string[];
  idempotency: (Buffer | null)[];
  pages: (Buffer | null)[];
  idleSeconds: number[];
};

type Statement = (db: Database, values: Values) => Promise<readonly Row[]>;

const waiting = sql`FOR NO KEY UPDATE OF sessions`;
/**
 * Two statements that wait for each other's locks would end in a deadlock, and one lock would hold
 * up the rotations of others.
 */
const skipping = sql`FOR NO KEY UPDATE OF sessions SKIP LOCKED`;

const together = byRealm((realm) => statementIn(realm, skipping));
const alone = byRealm((realm) => statementIn(realm, waiting));

function statementIn(realm: Realm, lock: RawBuilder<unknown>): Statement {
  return compileOnce<Values, Row>(
    (value) => sql`
    UPDATE sessions SET
      generation = sessions.generation + 1, previous_hash = current_hash,
      current_hash = successor_hash, key_id = successor_key, idempotency_hash = by_idempotency,
      rotated_at = now(), rotated_by_hash = by_page, last_used_at = now(),
      idle_expires_at = least(now() + make_interval(secs => idle_seconds), absolute_expires_at)
    FROM (
      SELECT sessions.id AS chosen, place, successor_hash, successor_key, by_idempotency, by_page,
             idle_seconds
        FROM unnest(${value('sessionIds')}::uuid[], ${value('generations')}::int[],
                    ${value('presented')}::bytea[], ${value('successors')}::bytea[],
                    ${value('keyIds')}::text[], ${value('idempotency')}::bytea[],
                    ${value('pages')}::bytea[], ${value('idleSeconds')}::float8[])
               WITH ORDINALITY AS asked (session_id, presented_generation, presented_hash,
                 successor_hash, successor_key, by_idempotency, by_page, idle_seconds, place)
        JOIN sessions ON sessions.id = session_id
       WHERE subject_kind = ${realm.kind} AND generation = presented_generation
         AND current_hash = presented_hash AND ${live} AND ${ofActiveAccount(realm)}
         ${lock}) AS locked
     WHERE sessions.id = chosen
    RETURNING place::int, subject_id, methods, authenticated_at, level, created_at,
              ${currentSigningKey} AS signing_key_id`,
  );
}

async function run(
  statement: Statement,
  db: Database,
  rotations: readonly Rotation[],
): Promise<(rotation: Rotation) => Rotated | undefined> {
  const rows = await statement(db, {
    sessionIds: rotations.map(({ sessionId }) => sessionId),
    generations: rotations.map(({ generation }) => generation),
    presented: rotations.map(({ presentedHash }) => presentedHash),
    successors: rotations.map(({ successorHash }) => successorHash),
    keyIds: rotations.map(({ keyId }) => keyId),
    idempotency: rotations.map(({ idempotencyHash }) => idempotencyHash),
    pages: rotations.map(({ rotatedByHash }) => rotatedByHash),
    idleSeconds: rotations.map(({ idleSeconds }) => idleSeconds),
  });
  const rotated = new Map(rows.map((row) => [rotations[row.place - 1], rotatedOf(row)]));
  return (rotation) => rotated.get(rotation);
}

function rotatedOf({ subject_id: subjectId, signing_key_id: signingKeyId, ...row }: Row): Rotated {
  return { subjectId, proof: { ...readProof(row), signingKeyId } };
}
