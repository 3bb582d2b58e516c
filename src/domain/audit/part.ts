import type { Database } from '../../platform/database/database.ts';
import { auditData } from './audit-data.ts';
import { deleteAuditEventsBefore } from './audit-store.ts';
import { deleteSignInCountsBefore, foldSignInCounts } from './sign-in-counts.ts';

export const audit = {
  personalData: [auditData],
  cleanUp: [
    // Questions about an account often come months later.
    ({ db }: { db: Database }) => deleteAuditEventsBefore(db, 365),
    ({ db }: { db: Database }) => foldSignInCounts(db),
    ({ db }: { db: Database }) => deleteSignInCountsBefore(db, 100),
  ],
};
