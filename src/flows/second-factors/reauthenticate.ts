import { recordEvent, recordRefusal } from '../../domain/audit/record-event.ts';
import { requireOwnPassword } from '../../domain/credentials/require-own-password.ts';
import { sessionGuesses } from '../../domain/credentials/sign-in-guesses.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import type { Shown } from '../../domain/factors/factor-kind.ts';
import { partyOf, type Realm } from '../../domain/realms/realms.ts';
import { renewProof } from '../../domain/sessions/renew-proof.ts';
import type { Caller } from '../../domain/sessions/session-store.ts';
import { transact } from '../../platform/database/database.ts';
import { badRequest, unauthenticated } from '../../platform/errors.ts';
import { checkFactor } from './check-factor.ts';
import type { GivenFactor } from './given-proof.ts';

type Proof = {
  password: string | null;
  factor: GivenFactor | null;
  ip: string;
  signal: AbortSignal;
};

/**
 * Renews what the session knows of its owner; opens nothing. Throws 400 for a wrong proof, 429 after
 * too many, 401 if the session has ended meanwhile.
 */
export async function reauthenticate(
  deps: Dependencies,
  realm: Realm,
  caller: Caller,
  proof: Proof,
): Promise<void> {
  const shown = await check(deps, realm, caller, proof);
  const subject = partyOf(realm, caller.account.id);
  await transact(deps.db, async (trx) => {
    if (!(await renewProof(trx, realm, caller, shown))) throw unauthenticated();
    await recordEvent(deps, trx, { event: 'reauthenticated', subject });
  });
}

async function check(
  deps: Dependencies,
  realm: Realm,
  { account: { id } }: Caller,
  { password, factor, ip, signal }: Proof,
): Promise<Shown> {
  if (factor === null) {
    await requireOwnPassword(deps, realm, id, { password: password ?? '', ip, signal });
    return { methods: ['pwd'], since: always };
  }
  const owner = partyOf(realm, id);
  const counts = sessionGuesses(deps, realm, { id }, ip);
  const shown = await checkFactor(deps, counts, factor, { owner, ip });
  if (shown !== null) return shown;
  const failure = { event: 'reauthenticated', outcome: 'failure', subject: owner } as const;
  await recordRefusal(deps, failure);
  throw badRequest('The second factor is not valid, or was used before', 'wrong_second_factor');
}

// A thief of a session cannot have set the password: that takes the one before.
const always = new Date(0);
