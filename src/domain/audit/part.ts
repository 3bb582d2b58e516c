import type { Database } from '../../platform/database/database.ts';
import { auditData } from './audit-data.ts';
import { deleteAuditEventsBefore } from './audit-store.ts';

export const audit = {
  personalData: [auditData],
  // Questions about an account often come months later.
  cleanUp: [({ db }: { db: Database }) => deleteAuditEventsBefore(db, 365)],
};
