import { findCredentialsById } from '../../domain/accounts/account-credentials.ts';
import type { Account } from '../../domain/accounts/account-store.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { type MailOutcome, queueLinkMail } from '../../domain/outbox/queue-mail.ts';
import { userRealm } from '../../domain/realms/realms.ts';
import type { Transaction } from '../../platform/database/database.ts';
import { durations } from '../../platform/durations.ts';

// Nobody waits at the page for it, as who asks for a mail does.
const lifeSeconds = durations.hours(24);

/** Mails a link with a longer life and without a code: nobody has asked for one. */
export async function queueSignInLink(
  deps: Pick<Dependencies, 'jobs' | 'keys' | 'logger'>,
  trx: Transaction,
  user: Pick<Account, 'id' | 'email'>,
  how: { isEarned?: boolean } = {},
): Promise<MailOutcome> {
  const credentials = await findCredentialsById(trx, userRealm, user.id);
  return queueLinkMail(deps, trx, user, {
    kind: 'first_sign_in',
    purpose: 'email_sign_in',
    lifeSeconds,
    passwordVersion: credentials?.password_version ?? 0,
    ...how,
  });
}
