import type { Database } from '../../platform/database/database.ts';
import { foldCase } from '../../platform/fold-case.ts';
import { type Account, findAccount } from '../accounts/account-store.ts';
import { type Realm, userRealm } from '../realms/realms.ts';
import type { Link } from './link-store.ts';
import { findNewestUndoLink } from './undo-links.ts';

/** The undo link to the last verified address while the current one is unverified, or null. */
export async function findFallback(
  db: Database,
  user: { id: string; is_email_verified?: boolean | undefined },
): Promise<Link | null> {
  const link = await findNewestUndoLink(db, user.id);
  return user.is_email_verified ? null : link;
}

/**
 * The last verified address, while the current one is unverified. Runs the same statements for
 * every id, so that timing does not reveal whether an account exists.
 */
export async function fallbackOf(
  db: Database,
  realm: Realm,
  accountId: string,
): Promise<string | null> {
  if (realm.kind === 'admin') return null;
  const user = await findAccount(db, userRealm, accountId);
  const link = await findFallback(db, {
    id: accountId,
    is_email_verified: user?.is_email_verified,
  });
  return link?.email ?? null;
}

export function isSameAddress(one: string, other: string): boolean {
  return foldCase(one) === foldCase(other);
}

/**
 * The address that the reader of the link controls: the current one or, while that is unverified,
 * the last verified one, which the account then gets back. Null if the link was mailed to any other
 * address.
 */
export async function provenAddress(
  db: Database,
  user: Account,
  link: Pick<Link, 'email'>,
): Promise<string | null> {
  if (isSameAddress(user.email, link.email)) return user.email;
  const fallback = await findFallback(db, user);
  return fallback && isSameAddress(fallback.email, link.email) ? fallback.email : null;
}
