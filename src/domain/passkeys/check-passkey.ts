import type { Transaction } from '../../platform/database/database.ts';
import { findAccount } from '../accounts/account-store.ts';
import { recordEvent } from '../audit/record-event.ts';
import type { Dependencies } from '../dependencies.ts';
import { queueNotice } from '../outbox/queue-mail.ts';
import { type Party, partyOf, type Realm } from '../realms/realms.ts';
import { burnChallenge, challengeOf } from './passkey-challenges.ts';
import type { PresentedPasskey } from './passkey-schemas.ts';
import { countUse, findPasskey, hasPasskey, type Passkey } from './passkey-store.ts';
import { isUserHandleOf } from './relying-party.ts';
import { type Assertion, challengeIn, verifyAssertion } from './verify-passkey.ts';

export type UsedPasskey = Assertion & { passkey: Passkey; owner: Party };

type Refused = { refusal: string; owner: Party | null };

/**
 * Whether the passkey signed the challenge, which is spent either way. Nothing is opened yet: what
 * it opens is opened in the transaction in which `countPasskeyUse` is true.
 */
export async function checkPasskey(
  { db, config }: Pick<Dependencies, 'db' | 'config'>,
  realm: Realm,
  { challenge: token, response }: PresentedPasskey,
): Promise<UsedPasskey | Refused> {
  if (!(await burnChallenge(db, { ceremony: 'get', realm }, token)))
    return { refusal: 'stale_challenge', owner: null };
  const passkey = await findPasskey(db, realm, Buffer.from(response.id, 'base64url'));
  if (passkey === null) return { refusal: 'unknown_passkey', owner: null };
  const owner = partyOf(realm, passkey.subject_id);
  // The authenticator, too, has to hold it for this account (WebAuthn § 7.2, step 6).
  const isOwners = isUserHandleOf(owner, response.response.userHandle ?? '');
  const challenge = challengeOf(token).toString('base64url');
  const verified =
    isOwners && challengeIn(response.response) === challenge
      ? await verifyAssertion(config, realm, passkey, response, challenge)
      : null;
  return verified === null ? { refusal: 'wrong_passkey', owner } : { ...verified, passkey, owner };
}

/**
 * Counts the use of a passkey. False if it is gone, or if its counter did not grow: then its owner
 * is told that somebody may have copied it. Commit the transaction in either case.
 */
export async function countPasskeyUse(
  deps: Pick<Dependencies, 'jobs' | 'keys' | 'logger'>,
  trx: Transaction,
  realm: Realm,
  used: UsedPasskey,
): Promise<boolean> {
  if (await countUse(trx, used)) return true;
  const account = await findAccount(trx, realm, used.owner.id);
  if (account === null || !(await hasPasskey(trx, used.passkey))) return false;
  await recordEvent(deps, trx, {
    event: 'passkey_copied',
    outcome: 'denied',
    subject: used.owner,
    actor: null,
  });
  await queueNotice(deps, trx, realm, account, 'passkey_copied');
  return false;
}
