import type { Transaction } from '../../platform/database/database.ts';
import type { PersonalData, Subject } from './personal-data.ts';

/** Erases an account from every table, in the given transaction: all of it or nothing. */
export async function erasePersonalData<
  Deps extends { personalData: readonly PersonalData<Deps>[] },
>(deps: Deps, trx: Transaction, subject: Subject): Promise<void> {
  for (const { erase } of deps.personalData) await erase(deps, trx, subject);
}
