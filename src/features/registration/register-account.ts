import type { Dependencies } from '../../dependencies.ts';
import { duplicate } from '../../errors.ts';
import { type Transaction, transact } from '../../platform/database/database.ts';
import { type Account, findTakenField, insertAccount } from '../accounts/account-store.ts';
import { type Party, partyOf, type Realm } from '../accounts/realms.ts';
import { recordEvent } from '../audit-log/record-event.ts';
import { refuseHeldEmail } from '../email-change/change-email.ts';
import { queueVerification } from '../email-verification/verify-email.ts';

export type Registration = {
  email: string;
  username: string;
  password: string;
  fullName: string | null;
  isSuperadmin?: boolean;
  /** The superadmin who registers an admin; else the account makes itself. */
  registeredBy?: Party;
  ip: string;
  /** Aborted where the client is gone. */
  signal: AbortSignal;
};

/**
 * Creates an account, and asks a user to verify the address; throws `DuplicateRecordError` naming the taken field. `mayRegister` runs in the transaction
 * of the insert and throws where the caller has lost the right meanwhile.
 */
export async function registerAccount(
  deps: Pick<Dependencies, 'db' | 'hasher' | 'jobs' | 'keys' | 'logger'>,
  realm: Realm,
  registration: Registration,
  mayRegister: (trx: Transaction) => Promise<void> = async () => {},
): Promise<Account> {
  const taken = await findTakenField(deps.db, realm, registration);
  if (taken) throw duplicate(taken);
  const password = await deps.hasher.hash(registration.password, registration.ip, registration.signal);
  return transact(deps.db, async (trx) => {
    await mayRegister(trx);
    const account = await insertAccount(trx, realm, {
      email: registration.email,
      username: registration.username,
      full_name: registration.fullName,
      password,
      ...(registration.isSuperadmin === undefined ? {} : { is_superadmin: registration.isSuperadmin }),
    });
    const subject = partyOf(realm, account.id);
    const actor = registration.registeredBy ?? subject;
    await recordEvent(deps, trx, { event: 'account_registered', actor, subject });
    if (realm.kind === 'user') await welcome(deps, trx, account);
    return account;
  });
}

async function welcome(
  deps: Pick<Dependencies, 'jobs' | 'keys' | 'logger'>,
  trx: Transaction,
  user: Account,
): Promise<void> {
  await refuseHeldEmail(trx, user);
  await queueVerification(deps, trx, user);
}
