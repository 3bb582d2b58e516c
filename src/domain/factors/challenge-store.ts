import { type RawBuilder, sql } from 'kysely';
import { compileOnce } from '../../platform/database/compile-once.ts';
import {
  cleanUpRows,
  type Database,
  now,
  secondsFromNow,
  type Transaction,
} from '../../platform/database/database.ts';
import { durations } from '../../platform/durations.ts';
import {
  type Credentials,
  credentialColumns,
  selectCredentials,
} from '../accounts/account-credentials.ts';
import { byRealm, type Party, partyOf, type Realm } from '../realms/realms.ts';
import { type ProofMethod, readMethods, writeMethods } from '../sessions/proof.ts';
import { of } from './factor-rows.ts';

export const challengeLifeSeconds = durations.minutes(5);

const tries = 5;
const openOfNetwork = 5;
const openOfAccount = 100;

type NewChallenge = {
  owner: Party;
  passwordVersion: number;
  /** What the first step showed. */
  methods: readonly ProofMethod[];
  tokenHash: Buffer;
  networkHash: Buffer;
};

/**
 * Ends the oldest of its network, or of its account, where there are many: a flood fills no table.
 * Returns what `returning` reads in the same statement.
 */
export async function insertChallenge<Row>(
  db: Database,
  challenge: NewChallenge,
  returning: RawBuilder<Row>,
): Promise<Row> {
  const { owner, tokenHash, networkHash, passwordVersion, methods } = challenge;
  // What another request is deleting is skipped, so that no two wait for each other.
  const { rows } = await sql<Row>`
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
            ${tries}, ${secondsFromNow(challengeLifeSeconds)})
    RETURNING ${returning}`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error('no challenge was inserted');
  return row;
}

type Tried = { account: Credentials; methods: readonly ProofMethod[] };

/**
 * Takes one of the tries, so that requests at once have no more than five. Null if there is none, or
 * the password has changed since the first step. `methods` is what that step showed.
 */
export async function takeTry(
  db: Database,
  realm: Realm,
  tokenHash: Buffer,
): Promise<Tried | null> {
  const [row] = await take[realm.kind](db, { tokenHash });
  if (row === undefined) return null;
  const { first_version: firstVersion, methods, ...account } = row;
  if (account.password_version !== firstVersion) return null;
  return { account, methods: readMethods(methods) };
}

type TakenRow = Credentials & { first_version: number; methods: string };

const take = byRealm(takeIn);

function takeIn(realm: Realm) {
  // A clock that was set back lengthens nothing.
  return compileOnce<{ tokenHash: Buffer }, TakenRow>(
    (value, db) => sql`
    WITH taken AS (
      UPDATE second_factor_challenges SET tries_left = tries_left - 1
       WHERE token_hash = ${value('tokenHash')} AND tries_left > 0
         AND expires_at > now() AND expires_at <= ${secondsFromNow(challengeLifeSeconds)}
      RETURNING subject_id, password_version AS first_version, methods
    )
    SELECT ${sql.join(credentialColumns.map((name) => sql.ref(`account.${name}`)))}, first_version, methods
      FROM taken, LATERAL (${selectCredentials(db, realm, sql`taken.subject_id`)}) AS account`,
  );
}

/** Whose challenge it is, without taking a try; null if it is not open. */
export async function findChallenged(db: Database, tokenHash: Buffer): Promise<Party | null> {
  const query = db.selectFrom('second_factor_challenges').select(['subject_kind', 'subject_id']);
  const row = await query
    .where('token_hash', '=', tokenHash)
    .where('tries_left', '>', 0)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  return row ? partyOf({ kind: row.subject_kind }, row.subject_id) : null;
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
