import type { Dependencies } from '../dependencies.ts';
import { deleteRegistrationCountsBefore, foldUserCounts } from './account-counts.ts';

export const accounts = {
  cleanUp: [
    ({ db }: Pick<Dependencies, 'db'>) => foldUserCounts(db),
    ({ db }: Pick<Dependencies, 'db'>) => deleteRegistrationCountsBefore(db, 100),
  ],
};
