import { findCredentialsById } from '../../domain/accounts/account-credentials.ts';
import type { Account } from '../../domain/accounts/account-store.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { type MailOutcome, queueLinkMail } from '../../domain/outbox/queue-mail.ts';
import { type Party, userRealm } from '../../domain/realms/realms.ts';
import type { Transaction } from '../../platform/database/database.ts';
import { durations } from '../../platform/durations.ts';

const lifeSeconds = durations.days(7);

type How = { actor?: Party; isEarned?: boolean };

/** Mails an invitation. One of before stays good until one of them is accepted. */
export async function queueInvitation(
  deps: Pick<Dependencies, 'jobs' | 'keys' | 'logger'>,
  trx: Transaction,
  user: Pick<Account, 'id' | 'email'>,
  how: How = {},
): Promise<MailOutcome> {
  const credentials = await findCredentialsById(trx, userRealm, user.id);
  return queueLinkMail(deps, trx, user, {
    kind: 'invitation',
    purpose: 'invitation',
    lifeSeconds,
    passwordVersion: credentials?.password_version ?? 0,
    ...how,
  });
}
