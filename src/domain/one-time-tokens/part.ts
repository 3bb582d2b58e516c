import type { Dependencies } from '../dependencies.ts';
import { deleteExpiredLinks } from './link-store.ts';

export const oneTimeTokens = {
  cleanUp: [({ db }: Pick<Dependencies, 'db'>) => deleteExpiredLinks(db, 30)],
};
