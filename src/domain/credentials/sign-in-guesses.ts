import { networkOf, networkRangeOf } from '../../platform/http/client-address.ts';
import type { Dependencies } from '../dependencies.ts';
import { partyOf, type Realm } from '../realms/realms.ts';
import { hasSignedInFrom } from '../sessions/session-store.ts';
import { clearThrottle } from '../throttles/throttle-store.ts';
import { guessKey, passwordCheck, signInPolicies } from './guess-limits.ts';
import type { GuessCount } from './password-guesses.ts';

type Deps = Pick<Dependencies, 'db' | 'config'>;
type Guesser = { identifier: string; ip: string };

/**
 * Wrong passwords, and wrong codes after the right one, count per account, whichever name was used,
 * or per typed name if there is no account, so that unknown names are throttled like known ones.
 * Once the count of the account is full, only networks it has recently signed in from may go on.
 * Networks, not addresses: IPv6 hosts change their address daily (RFC 8981).
 */
export function signInGuesses(
  deps: Deps,
  realm: Realm,
  found: { id: string } | null,
  { identifier, ip }: Guesser,
): [fromAddress: GuessCount, ofAccount: GuessCount] {
  const { fromAddress } = signInPolicies[realm.kind];
  const account = found ? guessKey.ofAccount(found.id) : guessKey.ofTypedName(identifier);
  const network = networkOf(ip, deps.config.rateLimitIpv6Prefix);
  const subject = found && partyOf(realm, found.id);
  return [
    { policy: fromAddress, key: `${account}\0${network}`, subject },
    ofAccount(deps, realm, found, { account, ip }),
  ];
}

/** Wrong codes in a session count with its wrong passwords, and with the failed sign-ins. */
export function sessionGuesses(
  deps: Deps,
  realm: Realm,
  found: { id: string },
  ip: string,
): readonly GuessCount[] {
  const subject = partyOf(realm, found.id);
  return [
    { policy: passwordCheck, key: `${realm.kind}\0${found.id}`, subject },
    ofAccount(deps, realm, found, { account: guessKey.ofAccount(found.id), ip }),
  ];
}

function ofAccount(
  { db, config }: Deps,
  realm: Realm,
  found: { id: string } | null,
  { account, ip }: { account: string; ip: string },
): GuessCount {
  const range = networkRangeOf(ip, config.rateLimitIpv6Prefix);
  return {
    policy: signInPolicies[realm.kind].ofAccount,
    key: account,
    subject: found && partyOf(realm, found.id),
    isWaived: () => hasSignedInFrom(db, realm, found?.id ?? nobody, range),
  };
}

// An id that no account has, so that the same query runs for an unknown name.
const nobody = '00000000-0000-7000-8000-000000000000';

/** A success clears the count of its own address; the count over all addresses stays. */
export async function clearSignInGuesses(
  deps: Pick<Dependencies, 'db' | 'keys'>,
  [{ policy, key }]: [GuessCount, GuessCount],
): Promise<void> {
  await clearThrottle(deps, policy, key);
}
