import { setPassword } from '../../domain/accounts/account-credentials.ts';
import { type Account, lockAccount } from '../../domain/accounts/account-store.ts';
import { recordEvent } from '../../domain/audit/record-event.ts';
import { hashNewPassword } from '../../domain/credentials/hash-new-password.ts';
import { refuseGuessable } from '../../domain/credentials/password-policy.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { queueNotice } from '../../domain/outbox/queue-mail.ts';
import { partyOf, type Realm } from '../../domain/realms/realms.ts';
import { endAccess } from '../../domain/revocation/end-access.ts';
import { transact } from '../../platform/database/database.ts';
import { notFound } from '../../platform/errors.ts';

type Deps = Pick<
  Dependencies,
  'db' | 'hasher' | 'breachedPasswords' | 'jobs' | 'keys' | 'config' | 'logger'
>;

/** For the operator: sets a password without the old one, and ends what a reset ends. */
export async function setNewPassword(
  deps: Deps,
  realm: Realm,
  account: Pick<Account, 'id' | 'username' | 'email'>,
  { newPassword, signal }: { newPassword: string; signal: AbortSignal },
): Promise<void> {
  const { id, username, email } = account;
  refuseGuessable(newPassword, 'password', {
    username,
    email,
    projectName: deps.config.projectName,
  });
  const password = await hashNewPassword(deps, {
    password: newPassword,
    field: 'password',
    ip: 'command line',
    signal,
  });
  await transact(deps.db, async (trx) => {
    const locked = await lockAccount(trx, realm, id);
    if (locked === null) throw notFound('There is no such account');
    await setPassword(trx, realm, id, password);
    await endAccess(trx, realm, id, 'password_reset');
    await recordEvent(deps, trx, { event: 'password_reset', subject: partyOf(realm, id) });
    await queueNotice(deps, trx, realm, locked, 'password_changed');
  });
}
