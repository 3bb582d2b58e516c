import { recordRefusal } from '../../domain/audit/record-event.ts';
import { clearSignInGuesses, signInGuesses } from '../../domain/credentials/sign-in-guesses.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { challengeHash } from '../../domain/factors/ask-for-second-factor.ts';
import { burnChallenge, takeTry } from '../../domain/factors/challenge-store.ts';
import { type Party, partyOf, type Realm } from '../../domain/realms/realms.ts';
import { type Client, openSession } from '../../domain/sessions/open-session.ts';
import type { TokenPair } from '../../domain/sessions/token-schemas.ts';
import { type AppError, unauthenticated } from '../../platform/errors.ts';
import { checkFactor } from './check-factor.ts';
import type { GivenFactor } from './given-proof.ts';

type SecondStep = { challenge: string; factor: GivenFactor; client: Client };

/**
 * The second step of a sign-in. Throws the same 401 for a wrong or used code and for every challenge
 * that is not good, and 429 after too many wrong codes, which count with the wrong passwords.
 */
export async function completeSignIn(
  deps: Dependencies,
  realm: Realm,
  { challenge: token, factor, client }: SecondStep,
): Promise<TokenPair> {
  const tokenHash = challengeHash(deps, realm, token, client);
  const tried = await takeTry(deps.db, realm, tokenHash);
  if (tried === null) throw notCompleted();
  const { account } = tried;
  const counts = signInGuesses(deps, realm, account, { identifier: '', ip: client.ip });
  const owner = partyOf(realm, account.id);
  const shown = await checkFactor(deps, counts, factor, { owner, ip: client.ip });
  if (shown === null) return refuse(deps, owner);
  const tokens = await openSession(deps, realm, account, {
    client,
    methods: [...tried.methods, ...shown.methods],
    burn: (trx) => burnChallenge(trx, tokenHash),
  });
  if (tokens === null) throw notCompleted();
  await clearSignInGuesses(deps, counts);
  return tokens;
}

async function refuse(deps: Dependencies, subject: Party): Promise<never> {
  const failure = { event: 'sign_in', outcome: 'failure', actor: null, subject } as const;
  await recordRefusal(deps, { ...failure, details: { reason: 'wrong_second_factor' } });
  throw notCompleted();
}

function notCompleted(): AppError {
  return unauthenticated(
    'The second factor or its challenge is not valid. After five tries or five minutes, sign in again',
    'second_factor_failed',
  );
}
