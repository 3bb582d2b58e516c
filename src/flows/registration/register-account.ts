import {
  type Account,
  findCredentials,
  findTakenField,
  insertAccount,
} from '../../domain/accounts/account-store.ts';
import { lockUserAndHolder } from '../../domain/accounts/lock-user-and-holder.ts';
import { recordEvent } from '../../domain/audit/record-event.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { fallbackOf } from '../../domain/one-time-tokens/fallback-address.ts';
import { type Party, partyOf, type Realm } from '../../domain/realms/realms.ts';
import { type Database, type Transaction, transact } from '../../platform/database/database.ts';
import { duplicate } from '../../platform/errors.ts';
import { refuseHeldEmail } from '../email-change/change-email.ts';
import { yieldAddress } from '../email-change/fall-back.ts';
import { queueVerification } from '../email-verification/verify-email.ts';

export type Registration = {
  email: string;
  username: string;
  password: string;
  fullName: string | null;
  isSuperadmin?: boolean;
  /** The superadmin who registers an admin; absent if the account registers itself. */
  registeredBy?: Party;
  ip: string;
  /** Aborted when the client disconnects. */
  signal: AbortSignal;
};

/**
 * Creates an account and mails a user a verification link. Throws `DuplicateRecordError` naming the
 * taken field. `mayRegister` runs in the transaction of the insert and throws if the caller has
 * lost the right in the meantime.
 */
export async function registerAccount(
  deps: Pick<Dependencies, 'db' | 'hasher' | 'jobs' | 'keys' | 'logger'>,
  realm: Realm,
  registration: Registration,
  mayRegister: (trx: Transaction) => Promise<void> = async () => {},
): Promise<Account> {
  const taken = await findTaken(deps.db, realm, registration);
  if (taken) throw duplicate(taken, realm.kind);
  const password = await deps.hasher.hash(registration.password, registration.ip, registration.signal);
  return transact(deps.db, async (trx) => {
    await mayRegister(trx);
    if (realm.kind === 'user') await claimAddress(deps, trx, registration.email);
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

/** An unverified address whose holder can fall back to a verified one is not taken. */
async function findTaken(
  db: Database,
  realm: Realm,
  { email, username }: Pick<Registration, 'email' | 'username'>,
): Promise<'email' | 'username' | null> {
  const taken = await findTakenField(db, realm, { email, username });
  if (taken !== 'email' || realm.kind === 'admin') return taken;
  const holder = await findCredentials(db, realm, email);
  if (holder === null || (await fallbackOf(db, realm, holder.id)) === null) {
    // A deleted account keeps its address. An undo in the meantime ends the fallback, and frees it.
    return findTakenField(db, realm, { email, username });
  }
  return findTakenField(db, realm, { username });
}

type MailDeps = Pick<Dependencies, 'jobs' | 'keys' | 'logger'>;

async function claimAddress(deps: MailDeps, trx: Transaction, email: string): Promise<void> {
  const { holder } = await lockUserAndHolder(trx, { email });
  await yieldAddress(deps, trx, holder);
}

async function welcome(deps: MailDeps, trx: Transaction, user: Account): Promise<void> {
  await refuseHeldEmail(trx, user);
  await queueVerification(deps, trx, user);
}
