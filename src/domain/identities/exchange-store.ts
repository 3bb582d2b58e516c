import { randomBytes } from 'node:crypto';
import { codeChallengeOf } from '../../platform/crypto/code-challenge.ts';
import { seal, unseal } from '../../platform/crypto/sealed.ts';
import { equalSecrets, type KeyRing, sha256 } from '../../platform/crypto/secret-keys.ts';
import {
  cleanUpRows,
  type Database,
  now,
  secondsFromNow,
} from '../../platform/database/database.ts';
import type { ProvidedIdentity } from '../providers/provider.ts';

const exchangeSeconds = 60;
const context = 'provider exchange';

type Deps = { db: Database; keys: KeyRing };

/** A code with which whoever made the challenge gets the answer of the provider, once. */
export async function insertExchange(
  { db, keys: { current } }: Deps,
  codeChallenge: string,
  identity: ProvidedIdentity,
): Promise<string> {
  const code = randomBytes(32).toString('base64url');
  await db
    .insertInto('provider_exchanges')
    .values({
      code_hash: sha256(code),
      code_challenge: codeChallenge,
      key_id: current.kid,
      answer: seal(current.providerExchange, context, Buffer.from(JSON.stringify(identity))),
      expires_at: secondsFromNow(exchangeSeconds),
    })
    .execute();
  return code;
}

/** Burns the code, also where the verifier is wrong: who has only the code gets one try. */
export async function takeExchange(
  { db, keys }: Deps,
  code: string,
  codeVerifier: string,
): Promise<ProvidedIdentity | null> {
  const row = await db
    .deleteFrom('provider_exchanges')
    .where('code_hash', '=', sha256(code))
    .where('expires_at', '>', now)
    .where('expires_at', '<=', secondsFromNow(exchangeSeconds))
    .returning(['code_challenge', 'key_id', 'answer'])
    .executeTakeFirst();
  if (row === undefined) return null;
  const challenge = codeChallengeOf(codeVerifier);
  const key = keys.find(row.key_id)?.providerExchange;
  if (key === undefined || !equalSecrets(challenge, row.code_challenge)) return null;
  const plain = unseal(key, context, row.answer);
  return plain && (JSON.parse(plain.toString()) as ProvidedIdentity);
}

export async function deletePastExchanges(db: Database): Promise<void> {
  const past = db.selectFrom('provider_exchanges').select('code_hash');
  const some = past.where('expires_at', '<=', now).limit(cleanUpRows);
  await db.deleteFrom('provider_exchanges').where('code_hash', 'in', some).execute();
}
