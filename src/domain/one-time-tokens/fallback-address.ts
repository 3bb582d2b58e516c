import type { Database } from '../../platform/database/database.ts';
import { foldCase } from '../../platform/fold-case.ts';
import { findAccount } from '../accounts/account-store.ts';
import { type Realm, userRealm } from '../realms/realms.ts';
import type { Link } from './link-store.ts';
import { findNewestUndoLink } from './undo-links.ts';

/**
 * The undo link to the last verified address of a user, as long as the present one is unverified: nobody has shown yet
 * that who reads the present one is the owner. Null where the present address is the one that counts.
 */
export async function findFallback(
  db: Database,
  user: { id: string; is_email_verified?: boolean | undefined },
): Promise<Link | null> {
  const link = await findNewestUndoLink(db, user.id);
  return user.is_email_verified ? null : link;
}

/** The last verified address, as long as the present one is unverified. The same statements for every id. */
export async function fallbackOf(db: Database, realm: Realm, accountId: string): Promise<string | null> {
  if (realm.kind === 'admin') return null;
  const user = await findAccount(db, userRealm, accountId);
  const link = await findFallback(db, { id: accountId, is_email_verified: user?.is_email_verified });
  return link?.email ?? null;
}

export function isSameAddress(one: string, other: string): boolean {
  return foldCase(one) === foldCase(other);
}
