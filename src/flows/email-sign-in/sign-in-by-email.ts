import {
  type Credentials,
  findCredentialsById,
} from '../../domain/accounts/account-credentials.ts';
import { type Account, findAccount, lockAccount } from '../../domain/accounts/account-store.ts';
import { recordRefusal } from '../../domain/audit/record-event.ts';
import { clearSignInGuesses } from '../../domain/credentials/sign-in-guesses.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { askForSecondFactor } from '../../domain/factors/ask-for-second-factor.ts';
import type { FactorKinds } from '../../domain/factors/factor-kind.ts';
import { provenAddress } from '../../domain/one-time-tokens/fallback-address.ts';
import { type Link, useLink } from '../../domain/one-time-tokens/link-store.ts';
import { partyOf, userRealm } from '../../domain/realms/realms.ts';
import { isOpenToTakeOver, takeOverAccount } from '../../domain/revocation/take-over-account.ts';
import { type Client, openSession, type Verified } from '../../domain/sessions/open-session.ts';
import type { TokenPair } from '../../domain/sessions/token-schemas.ts';
import { type Transaction, transact } from '../../platform/database/database.ts';
import { unauthenticated } from '../../platform/errors.ts';
import { findShownLink, type Shown } from './find-shown-link.ts';

type Deps = Pick<Dependencies, 'db' | 'jobs' | 'keys' | 'config' | 'accessTokens' | 'logger'> &
  FactorKinds;

const methods = ['email'] as const;

/**
 * Opens a session for who shows the link or the code of a mail, which is used up. Whoever proves to
 * own an address that was never verified gets the account without anything set up before. Throws
 * the same 401 whatever is wrong, 429 after too many wrong codes, and 401 `second_factor_required`
 * with a challenge.
 */
export async function signInByEmail(
  deps: Deps,
  shown: Shown,
  client: Client,
): Promise<{ tokens: TokenPair; returnTo: string | null }> {
  const { link, guesses } = await findShownLink(deps, shown, client.ip);
  if (link === null) return refuse(deps, null, 'not_good');
  const user = await findProven(deps, link);
  if (user === null) return refuse(deps, link, 'account_changed');
  const { account, credentials } = user;
  if (account.has_second_factor && !(await isOpenToTakeOver(deps.db, account)))
    throw await useUpAndAsk(deps, link, credentials, client);
  const tokens = await openSession(deps, userRealm, credentials, {
    client,
    methods,
    prepare: (trx) => useUp(deps, trx, link),
  });
  if (tokens === null) return refuse(deps, link, 'used');
  if (guesses) await clearSignInGuesses(deps, guesses);
  return { tokens, returnTo: link.return_to };
}

/** The account, if it is still what it was when the mail was written. */
async function findProven({ db }: Deps, link: Link) {
  const account = await findAccount(db, userRealm, link.subject_id);
  const credentials = await findCredentialsById(db, userRealm, link.subject_id);
  if (!account?.is_active || credentials?.password_version !== link.password_version) return null;
  return (await provenAddress(db, account, link)) === null ? null : { account, credentials };
}

/** The first step is over, and no link is good for two. */
async function useUpAndAsk(deps: Deps, link: Link, credentials: Credentials, client: Client) {
  if (!(await transact(deps.db, (trx) => useLink(trx, link)))) return refuse(deps, link, 'used');
  return askForSecondFactor(deps, userRealm, credentials, { client, methods });
}

async function useUp(deps: Deps, trx: Transaction, link: Link): Promise<Verified | null> {
  const account: Account | null = await lockAccount(trx, userRealm, link.subject_id);
  if (account === null || !(await useLink(trx, link))) return null;
  await takeOverAccount(deps, trx, userRealm, account.id, { proof: 'email' });
  return findCredentialsById(trx, userRealm, account.id);
}

type Reason = 'not_good' | 'account_changed' | 'used';

async function refuse(deps: Deps, link: Link | null, reason: Reason): Promise<never> {
  const subject = link && partyOf(userRealm, link.subject_id);
  const details = { reason: `email_${reason}` };
  const failure = { event: 'sign_in', outcome: 'failure', actor: null } as const;
  await recordRefusal(deps, { ...failure, subject, details });
  throw unauthenticated(
    'The link or the code is not valid any more. Ask for a new mail',
    'email_sign_in_failed',
  );
}
