import { findCredentialsById } from '../../domain/accounts/account-credentials.ts';
import type { Account } from '../../domain/accounts/account-store.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { type MailOutcome, queueLinkMail } from '../../domain/outbox/queue-mail.ts';
import { userRealm } from '../../domain/realms/realms.ts';
import type { Transaction } from '../../platform/database/database.ts';
import { durations } from '../../platform/durations.ts';

// Nobody waits for this mail as for a reset link: it must survive a weekend.
const lifeSeconds = durations.days(3);

/** Mails a reset link with a longer life, which also verifies the address. */
export async function queueFirstPasswordLink(
  deps: Pick<Dependencies, 'jobs' | 'keys' | 'logger'>,
  trx: Transaction,
  user: Pick<Account, 'id' | 'email'>,
  how: { isEarned?: boolean } = {},
): Promise<MailOutcome> {
  const credentials = await findCredentialsById(trx, userRealm, user.id);
  return queueLinkMail(deps, trx, user, {
    kind: 'first_password',
    purpose: 'password_reset',
    lifeSeconds,
    passwordVersion: credentials?.password_version ?? 0,
    ...how,
  });
}
