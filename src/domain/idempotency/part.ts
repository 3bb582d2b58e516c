import type { Dependencies } from '../dependencies.ts';
import type { PersonalData } from '../personal-data/personal-data.ts';
import { deleteExpiredKeys, deleteKeysOf } from './idempotency-store.ts';

const keys: PersonalData = {
  tables: ['idempotency_keys'],
  exported: {
    nothingBecause:
      'answers that the account has received within a day; only its client can read them',
  },
  erase: (_deps, trx, subject) => deleteKeysOf(trx, subject),
};

export const idempotency = {
  personalData: [keys],
  cleanUp: [({ db }: Pick<Dependencies, 'db'>) => deleteExpiredKeys(db)],
};
