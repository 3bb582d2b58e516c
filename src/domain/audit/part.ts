import type { Database } from '../../platform/database/database.ts';
import { deleteAuditEventsBefore } from './audit-store.ts';

export const audit = {
  // Questions about an account often come months later.
  cleanUp: [({ db }: { db: Database }) => deleteAuditEventsBefore(db, 365)],
};
