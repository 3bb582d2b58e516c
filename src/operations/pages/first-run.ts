import { adminExists } from '../../domain/accounts/admin-store.ts';
import type { Database } from '../../platform/database/database.ts';

/**
 * Whether there is no admin yet. Asks the database until there is one; an unreachable database is
 * no reason to send anybody to the set-up.
 */
export function createFirstRunCheck(db: Database): () => Promise<boolean> {
  let isOver = false;
  return async () => {
    isOver ||= await adminExists(db).catch(() => true);
    return !isOver;
  };
}
