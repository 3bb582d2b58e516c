import { findCredentials } from '../../domain/accounts/account-credentials.ts';
import { userListQuery } from '../../domain/accounts/account-filters.ts';
import { listAccounts } from '../../domain/accounts/account-list.ts';
import { type Account, findAccount } from '../../domain/accounts/account-store.ts';
import { type Realm, userRealm } from '../../domain/realms/realms.ts';
import type { Database } from '../../platform/database/database.ts';
import { notFound } from '../../platform/errors.ts';
import { foldCase } from '../../platform/fold-case.ts';

const uuidForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** By id, username or e-mail address, which no two forms share; null if no account has the name. */
export async function findIdOf(db: Database, realm: Realm, who: string): Promise<string | null> {
  if (uuidForm.test(who)) return who;
  return (await findCredentials(db, realm, who))?.id ?? null;
}

export async function requireAccountCalled(
  db: Database,
  realm: Realm,
  who: string,
): Promise<Account> {
  const id = await findIdOf(db, realm, who);
  const account = id === null ? null : await findAccount(db, realm, id);
  if (account === null) throw notFound(`There is no such ${realm.kind}`);
  return account;
}

/** A deleted user, whom no other query finds by name. */
export async function requireDeletedUserCalled(db: Database, who: string): Promise<{ id: string }> {
  if (uuidForm.test(who)) return { id: who };
  const query = userListQuery.parse({ deleted: 'true', q: who, page_size: '100' });
  const { items } = await listAccounts({ db }, userRealm, query);
  const named = items.find(({ username, email }) =>
    [username, email].some((name) => name && isSame(name, who)),
  );
  if (named === undefined) throw notFound('There is no such deleted user');
  return named;
}

function isSame(one: string, other: string): boolean {
  return foldCase(one) === foldCase(other);
}
