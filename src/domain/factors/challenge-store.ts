import { sql } from 'kysely';
import {
  cleanUpRows,
  type Database,
  now,
  secondsFromNow,
  type Transaction,
} from '../../platform/database/database.ts';
import { durations } from '../../platform/durations.ts';
import { type Party, partyOf } from '../realms/realms.ts';
import { type ProofMethod, readMethods, writeMethods } from '../sessions/proof.ts';
import { of } from './factor-rows.ts';

export const challengeLifeSeconds = durations.minutes(5);

const tries = 5;
const openOfNetwork = 5;
const openOfAccount = 100;

export type Challenge = {
  owner: Party;
  passwordVersion: number;
  /** What the first step showed. */
  methods: readonly ProofMethod[];
};

type NewChallenge = Challenge & { tokenHash: Buffer; networkHash: Buffer };

/** Ends the oldest of its network, or of its account, where there are many: a flood fills no table. */
export async function insertChallenge(db: Database, challenge: NewChallenge): Promise<void> {
  const { owner, tokenHash, networkHash, passwordVersion, methods } = challenge;
  // What another request is deleting is skipped, so that no two wait for each other.
  await sql`
    WITH ranked AS (
      SELECT token_hash, network_hash,
             row_number() OVER (PARTITION BY network_hash ORDER BY expires_at DESC) AS of_network,
             row_number() OVER (ORDER BY expires_at DESC) AS of_account
        FROM second_factor_challenges WHERE ${of(owner)}
    ), excess AS (
      SELECT token_hash FROM second_factor_challenges WHERE token_hash IN (
        SELECT token_hash FROM ranked
         WHERE network_hash = ${networkHash} AND of_network >= ${openOfNetwork} OR of_account >= ${openOfAccount}
      ) FOR UPDATE SKIP LOCKED
    ), ended AS (
      DELETE FROM second_factor_challenges WHERE token_hash IN (SELECT token_hash FROM excess)
    )
    INSERT INTO second_factor_challenges
           (token_hash, subject_kind, subject_id, password_version, methods, network_hash, tries_left, expires_at)
    VALUES (${tokenHash}, ${owner.kind}, ${owner.id}, ${passwordVersion}, ${writeMethods(methods)}, ${networkHash},
            ${tries}, ${secondsFromNow(challengeLifeSeconds)})`.execute(db);
}

/** Takes one of the tries, so that requests at once have no more than five; null if there is none. */
export async function takeTry(db: Database, tokenHash: Buffer): Promise<Challenge | null> {
  const row = await db
    .updateTable('second_factor_challenges')
    .set({ tries_left: sql<number>`tries_left - 1` })
    .where('token_hash', '=', tokenHash)
    .where('tries_left', '>', 0)
    .where('expires_at', '>', now)
    // A clock that was set back lengthens nothing.
    .where('expires_at', '<=', secondsFromNow(challengeLifeSeconds))
    .returning(['subject_kind', 'subject_id', 'password_version', 'methods'])
    .executeTakeFirst();
  if (row === undefined) return null;
  return {
    owner: partyOf({ kind: row.subject_kind }, row.subject_id),
    passwordVersion: row.password_version,
    methods: readMethods(row.methods),
  };
}

/** False if another request has used it up. */
export async function burnChallenge(trx: Transaction, tokenHash: Buffer): Promise<boolean> {
  const query = trx.deleteFrom('second_factor_challenges').where('token_hash', '=', tokenHash);
  const result = await query.where('expires_at', '>', now).executeTakeFirst();
  return result.numDeletedRows === 1n;
}

export async function deleteChallengesOf(trx: Transaction, owner: Party): Promise<void> {
  await trx.deleteFrom('second_factor_challenges').where(of(owner)).execute();
}

export async function deletePastChallenges(db: Database): Promise<void> {
  const past = db.selectFrom('second_factor_challenges').select('token_hash');
  await db
    .deleteFrom('second_factor_challenges')
    .where('token_hash', 'in', past.where('expires_at', '<=', now).limit(cleanUpRows))
    .execute();
}
