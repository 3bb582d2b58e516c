import type { Account } from '../../domain/accounts/account-store.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import type { Transaction } from '../../platform/database/database.ts';
import { queueSignInLink } from '../email-sign-in/queue-sign-in-link.ts';
import { queueVerification } from '../email-verification/verify-email.ts';
import { queueFirstPasswordLink } from '../password-reset/first-password.ts';
import { queueInvitation } from './queue-invitation.ts';

type User = Pick<Account, 'id' | 'email' | 'invited_at'>;

/** Mails a user without a password the link that verifies the address and is the way in. */
export async function queueFirstLink(
  deps: Pick<Dependencies, 'jobs' | 'keys' | 'logger' | 'config'>,
  trx: Transaction,
  user: User,
  how: { isEarned?: boolean } = {},
): Promise<void> {
  const { passwordSignIn, emailSignIn } = deps.config;
  if (user.invited_at) await queueInvitation(deps, trx, user, how);
  else if (passwordSignIn) await queueFirstPasswordLink(deps, trx, user, how);
  else if (emailSignIn) await queueSignInLink(deps, trx, user, how);
  else await queueVerification(deps, trx, user);
}
