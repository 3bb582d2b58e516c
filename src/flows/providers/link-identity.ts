import { type Account, lockAccount } from '../../domain/accounts/account-store.ts';
import { recordEvent } from '../../domain/audit/record-event.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import type { Attempt } from '../../domain/identities/attempt-store.ts';
import {
  findIdentity,
  IdentityTakenError,
  insertIdentity,
} from '../../domain/identities/identity-store.ts';
import { queueNotice } from '../../domain/outbox/queue-mail.ts';
import type { ProvidedIdentity } from '../../domain/providers/provider.ts';
import { partyOf, userRealm } from '../../domain/realms/realms.ts';
import { lockSession } from '../../domain/sessions/session-store.ts';
import { type Transaction, transact } from '../../platform/database/database.ts';
import { SignInFailure } from './sign-in-failure.ts';

type Deps = Pick<Dependencies, 'db' | 'jobs' | 'keys' | 'logger'>;
type Asked = { userId: string; sessionId: string };

/** Who asked for a link, if the attempt is one. */
export function askerOf({ user_id, session_id }: Attempt): Asked | null {
  return user_id === null || session_id === null
    ? null
    : { userId: user_id, sessionId: session_id };
}

/**
 * Links an identity to the user who asked for it, whose session still has to be good for it. Throws
 * `SignInFailure` where it is not, or where another user has the identity.
 */
export async function linkToAsker(
  deps: Deps,
  { userId, sessionId }: Asked,
  identity: ProvidedIdentity,
): Promise<void> {
  const subject = partyOf(userRealm, userId);
  const taken = new SignInFailure('identity_taken', subject);
  await transact(deps.db, async (trx) => {
    const user = await lockAccount(trx, userRealm, userId);
    const session = await lockSession(trx, userRealm, sessionId);
    // A second factor that was added meanwhile has to have been shown in it.
    const isGood = session?.usable && (session.level === 2 || !user?.has_second_factor);
    if (!user || !isGood) throw new SignInFailure('session_ended', subject);
    const known = await findIdentity(trx, identity);
    if (known?.user_id === userId) return;
    if (known !== null) throw taken;
    await linkIdentity(deps, trx, user, identity);
  }).catch((error: unknown) => {
    throw error instanceof IdentityTakenError ? taken : error;
  });
}

/** Keeps the identity and tells the owner. Call it while the user's row is locked. */
export async function linkIdentity(
  deps: Deps,
  trx: Transaction,
  user: Pick<Account, 'id' | 'email'>,
  identity: ProvidedIdentity,
): Promise<void> {
  await keepIdentity(deps, trx, user.id, identity);
  await queueNotice(deps, trx, userRealm, user, 'identity_linked');
}

/** The same for a user who has just been made, or made anew: there is nobody to be told. */
export async function keepIdentity(
  deps: Pick<Deps, 'keys' | 'logger'>,
  trx: Transaction,
  userId: string,
  identity: ProvidedIdentity,
): Promise<void> {
  await insertIdentity(trx, userId, identity);
  const details = { kind: identity.provider };
  const subject = partyOf(userRealm, userId);
  await recordEvent(deps, trx, { event: 'identity_linked', subject, details });
}
