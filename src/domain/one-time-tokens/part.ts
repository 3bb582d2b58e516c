import type { Dependencies } from '../dependencies.ts';
import { linkData } from './link-data.ts';
import { deleteExpiredLinks } from './link-store.ts';

export const oneTimeTokens = {
  personalData: [linkData],
  cleanUp: [({ db }: Pick<Dependencies, 'db'>) => deleteExpiredLinks(db, 30)],
};
