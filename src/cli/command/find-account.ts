import { type Account, findAccount, findCredentials } from '../../domain/accounts/account-store.ts';
import type { Realm } from '../../domain/realms/realms.ts';
import type { Database } from '../../platform/database/database.ts';
import { notFound } from '../../platform/errors.ts';

const uuidForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** By id, username or e-mail address, which no two forms share. */
export async function requireAccountCalled(db: Database, realm: Realm, who: string): Promise<Account> {
  const id = uuidForm.test(who) ? who : (await findCredentials(db, realm, who))?.id;
  const account = id === undefined ? null : await findAccount(db, realm, id);
  if (account === null) throw notFound(`There is no such ${realm.kind}`);
  return account;
}
