import { randomInt, randomUUIDv7 } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Database, type Transaction, transact } from '../../platform/database/database.ts';
import {
  type Credentials,
  findCredentials,
  findCredentialsById,
} from '../accounts/account-credentials.ts';
import { userRealm } from '../realms/realms.ts';
import { fallbackOf, isSameAddress } from './fallback-address.ts';
import { findReserver } from './undo-links.ts';

/** An account, with the address that links which give access go to. */
export type Recipient = Pick<Credentials, 'id' | 'email' | 'password_version' | 'is_active'>;

/**
 * For a job that mails a link to whoever an address belongs to: runs `work` for the active user of
 * the address. For others the same statements run and are rolled back.
 */
export async function forOwnerOf(
  db: Database,
  email: string,
  work: (trx: Transaction, user: Recipient) => Promise<void>,
): Promise<void> {
  await sleep(randomInt(20, 121));
  const found = await findOwner(db, email);
  const user = found ?? { id: randomUUIDv7(), email, password_version: 1, is_active: true };
  await transact(db, async (trx) => {
    await work(trx, user);
    if (found === null) throw new NobodyThereError();
  }).catch((error: unknown) => {
    if (!(error instanceof NobodyThereError)) throw error;
  });
}

/** The active user of this address, or of the one before an unverified one. Same work for each. */
async function findOwner(db: Database, email: string): Promise<Recipient | null> {
  const present = await findCredentials(db, userRealm, email);
  const reserver = await findReserver(db, email);
  const id = present?.id ?? reserver?.subjectId ?? randomUUIDv7();
  const recipient = await findRecipient(db, id);
  const isTheirs =
    present !== null || (recipient !== null && isSameAddress(recipient.email, email));
  return isTheirs && recipient?.is_active ? recipient : null;
}

/** A user and the address that links which give access go to; null if there is no such user. */
export async function findRecipient(db: Database, id: string): Promise<Recipient | null> {
  const user = await findCredentialsById(db, userRealm, id);
  const fallback = await fallbackOf(db, userRealm, id);
  return user && { ...user, email: fallback ?? user.email };
}

/** Rolls back the work done for an address without an account. */
class NobodyThereError extends Error {}
