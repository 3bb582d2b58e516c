import type { Dependencies } from '../../dependencies.ts';
import { duplicate } from '../../errors.ts';
import type { Transaction } from '../../platform/database/database.ts';
import { type Account, findTakenField, insertAccount } from '../accounts/account-store.ts';
import type { Realm } from '../accounts/realms.ts';

export type Registration = {
  email: string;
  username: string;
  password: string;
  fullName: string | null;
  isSuperadmin?: boolean;
  ip: string;
};

/**
 * Creates an account; throws `DuplicateRecordError` naming the taken field. `mayRegister` runs in the transaction
 * of the insert and throws where the caller has lost the right meanwhile.
 */
export async function registerAccount(
  { db, hasher }: Pick<Dependencies, 'db' | 'hasher'>,
  realm: Realm,
  registration: Registration,
  mayRegister: (trx: Transaction) => Promise<void> = async () => {},
): Promise<Account> {
  const taken = await findTakenField(db, realm, registration);
  if (taken) throw duplicate(taken);
  const password = await hasher.hash(registration.password, registration.ip);
  return db.transaction().execute(async (trx) => {
    await mayRegister(trx);
    return insertAccount(trx, realm, {
      email: registration.email,
      username: registration.username,
      full_name: registration.fullName,
      password,
      ...(registration.isSuperadmin === undefined ? {} : { is_superadmin: registration.isSuperadmin }),
    });
  });
}
