import type { Credentials } from '../../domain/accounts/account-credentials.ts';
import { findAccount } from '../../domain/accounts/account-store.ts';
import { recordRefusal } from '../../domain/audit/record-event.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { partyOf, type Realm } from '../../domain/realms/realms.ts';
import { forbidden } from '../../platform/errors.ts';
import { resendVerification } from './verify-email.ts';

/**
 * Throws 403 `email_not_verified`, and sends a new link, where an address has to be verified and is
 * not. Only for who has proven to be the owner, so it reveals no account.
 */
export async function requireVerifiedEmail(
  deps: Pick<Dependencies, 'db' | 'jobs' | 'keys' | 'config' | 'logger'>,
  realm: Realm,
  { id }: Pick<Credentials, 'id'>,
): Promise<void> {
  if (!deps.config.requireVerifiedEmail) return;
  const account = await findAccount(deps.db, realm, id);
  if (account?.is_email_verified !== false) return;
  await resendVerification(deps, id);
  const subject = partyOf(realm, id);
  const details = { reason: 'email_not_verified' };
  const failed = { event: 'sign_in', outcome: 'failure', actor: null } as const;
  await recordRefusal(deps, { ...failed, subject, details });
  throw forbidden(
    'Verify your email address first; a link has been sent to it',
    'email_not_verified',
  );
}
