import { timestamp } from '../../platform/http/schemas.ts';
import type { PersonalData } from '../personal-data/personal-data.ts';
import { realmOf } from '../realms/realms.ts';
import { userSchema } from './account-schemas.ts';
import { findAccount } from './account-store.ts';
import { deleteAccount } from './deleted-accounts.ts';
import { presentAccount } from './present-account.ts';

export const accountData: PersonalData = {
  tables: ['users', 'admins'],
  exported: {
    name: 'account',
    isOne: true,
    schema: () => userSchema.extend({ last_login_at: timestamp.nullable() }),
    read: async function* (_deps, db, subject) {
      const account = await findAccount(db, realmOf(subject), subject.id);
      if (account === null) return;
      yield {
        ...presentAccount(account),
        last_login_at: account.last_login_at?.toISOString() ?? null,
      };
    },
  },
  erase: (_deps, trx, subject) => deleteAccount(trx, realmOf(subject), subject.id),
};
