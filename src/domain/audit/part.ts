import type { Database } from '../../platform/database/database.ts';
import { deleteAuditEventsBefore } from './audit-store.ts';

export const audit = {
  // What happened to an account is asked long after.
  cleanUp: [({ db }: { db: Database }) => deleteAuditEventsBefore(db, 365)],
};
