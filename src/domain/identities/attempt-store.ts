import type { Selectable } from 'kysely';
import { hmacSha256, type SecretKeys, sha256 } from '../../platform/crypto/secret-keys.ts';
import {
  cleanUpRows,
  type Database,
  now,
  secondsFromNow,
  type Transaction,
} from '../../platform/database/database.ts';
import { durations } from '../../platform/durations.ts';
import type { AttemptSecrets } from '../providers/provider.ts';
import type { ProviderAttemptRow } from './identity-rows.ts';

export const attemptSeconds = durations.minutes(10);

export type Attempt = Omit<
  Selectable<ProviderAttemptRow>,
  'state_hash' | 'browser_hash' | 'expires_at'
>;

/** What ties the answer to the question and the browser that asked. */
type Ties = { state: string; browser: string };

export async function insertAttempt(db: Database, attempt: Attempt, ties: Ties): Promise<void> {
  const hashes = { state_hash: sha256(ties.state), browser_hash: sha256(ties.browser) };
  await db
    .insertInto('provider_attempts')
    .values({ ...attempt, ...hashes, expires_at: secondsFromNow(attemptSeconds) })
    .execute();
}

/**
 * Checks and burns in one statement. Null unless this browser began it, with this provider, in the
 * last ten minutes: an answer of another provider is a mix-up, in another browser somebody else's.
 */
export async function burnAttempt(
  db: Database,
  provider: string,
  { state, browser }: Ties,
): Promise<Attempt | null> {
  const burnt = await db
    .deleteFrom('provider_attempts')
    .where('state_hash', '=', sha256(state))
    .where('browser_hash', '=', sha256(browser))
    .where('provider', '=', provider)
    .where('expires_at', '>', now)
    // A clock that was set back lengthens nothing.
    .where('expires_at', '<=', secondsFromNow(attemptSeconds))
    .returning(['provider', 'key_id', 'return_to', 'code_challenge', 'user_id', 'session_id'])
    .executeTakeFirst();
  return burnt ?? null;
}

/** Made again when the answer is there, so that the database holds none of them. */
export function secretsOf({ providerAttempt: key }: SecretKeys, state: string): AttemptSecrets {
  const derive = (label: string) => hmacSha256(key, label, '\0', state).toString('base64url');
  return { state, nonce: derive('nonce'), codeVerifier: derive('code verifier') };
}

export async function deleteAttemptsOf(trx: Transaction, userId: string): Promise<void> {
  await trx.deleteFrom('provider_attempts').where('user_id', '=', userId).execute();
}

export async function deletePastAttempts(db: Database): Promise<void> {
  const past = db.selectFrom('provider_attempts').select('state_hash');
  const some = past.where('expires_at', '<=', now).limit(cleanUpRows);
  await db.deleteFrom('provider_attempts').where('state_hash', 'in', some).execute();
}
