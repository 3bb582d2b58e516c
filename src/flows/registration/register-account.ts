import { givenFields } from '../../domain/accounts/account-change.ts';
import { findCredentials } from '../../domain/accounts/account-credentials.ts';
import {
  type Account,
  findTakenField,
  insertAccount,
  type NewAccount,
} from '../../domain/accounts/account-store.ts';
import { lockUserAndHolder } from '../../domain/accounts/lock-user-and-holder.ts';
import type { Metadata } from '../../domain/accounts/metadata.ts';
import { recordEvent } from '../../domain/audit/record-event.ts';
import { hashNewPassword } from '../../domain/credentials/hash-new-password.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { fallbackOf } from '../../domain/one-time-tokens/fallback-address.ts';
import { type Party, partyOf, type Realm } from '../../domain/realms/realms.ts';
import { type Database, type Transaction, transact } from '../../platform/database/database.ts';
import { duplicate } from '../../platform/errors.ts';
import type { StoredPassword } from '../../platform/hashing/password-schemes.ts';
import { refuseHeldEmail } from '../email-change/change-email.ts';
import { yieldAddress } from '../email-change/yield-address.ts';
import { queueVerification } from '../email-verification/verify-email.ts';
import { queueFirstLink } from '../invitations/queue-first-link.ts';

export type Registration = {
  email: string;
  username: string | null;
  /** Null: a user who gets a link that is the first way in. */
  password: string | null;
  fullName: string | null;
  isSuperadmin?: boolean;
  /** Of a user who has yet to accept it. */
  invitation?: { isSuperuser: boolean };
  metadata?: Metadata;
  appMetadata?: Metadata;
  /** The admin who registers the account; absent if it registers itself. */
  registeredBy?: Party;
  ip: string;
  /** Aborted once nobody waits for the answer. */
  signal: AbortSignal;
};

/**
 * Creates an account and mails a user a link that verifies the address and, if there is no
 * password, is the way in. Throws `DuplicateRecordError` naming the taken field. `mayRegister` runs in
 * the transaction of the insert and throws if the caller has lost the right in the meantime.
 */
export async function registerAccount(
  deps: Pick<
    Dependencies,
    'db' | 'hasher' | 'breachedPasswords' | 'jobs' | 'keys' | 'config' | 'logger'
  >,
  realm: Realm,
  registration: Registration,
  mayRegister: (trx: Transaction) => Promise<void> = async () => {},
): Promise<Account> {
  const taken = await findTaken(deps.db, realm, registration);
  if (taken) throw duplicate(taken, realm.kind);
  const { password: typed } = registration;
  const password =
    typed === null
      ? null
      : await hashNewPassword(deps, { ...registration, password: typed, field: 'password' });
  return transact(deps.db, async (trx) => {
    await mayRegister(trx);
    if (realm.kind === 'user') await claimAddress(deps, trx, registration.email);
    const account = await insertAccount(trx, realm, newAccountOf(registration, password));
    const subject = partyOf(realm, account.id);
    const actor = registration.registeredBy ?? subject;
    const event = registration.invitation ? 'user_invited' : 'account_registered';
    await recordEvent(deps, trx, { event, actor, subject });
    if (realm.kind === 'user') await welcome(deps, trx, account, password !== null);
    return account;
  });
}

function newAccountOf(registration: Registration, password: StoredPassword | null): NewAccount {
  const { email, username, fullName, isSuperadmin, metadata, appMetadata } = registration;
  const { invitation } = registration;
  const extra = {
    is_superadmin: isSuperadmin,
    is_superuser: invitation?.isSuperuser,
    isInvited: invitation && true,
    metadata,
    app_metadata: appMetadata,
  };
  return { email, username, full_name: fullName, password, ...givenFields(extra) };
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

type MailDeps = Pick<Dependencies, 'jobs' | 'keys' | 'config' | 'logger'>;

async function claimAddress(deps: MailDeps, trx: Transaction, email: string): Promise<void> {
  const { holder } = await lockUserAndHolder(trx, { email });
  await yieldAddress(deps, trx, holder);
}

async function welcome(
  deps: MailDeps,
  trx: Transaction,
  user: Account,
  hasPassword: boolean,
): Promise<void> {
  await refuseHeldEmail(trx, user);
  if (hasPassword) await queueVerification(deps, trx, user);
  else await queueFirstLink(deps, trx, user, { isEarned: true });
}
