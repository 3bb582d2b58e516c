import type { Dependencies } from '../dependencies.ts';
import { deleteRegistrationCountsBefore, foldUserCounts } from './account-counts.ts';
import { accountData } from './account-data.ts';

export const accounts = {
  personalData: [accountData],
  cleanUp: [
    ({ db }: Pick<Dependencies, 'db'>) => foldUserCounts(db),
    ({ db }: Pick<Dependencies, 'db'>) => deleteRegistrationCountsBefore(db, 100),
  ],
};
