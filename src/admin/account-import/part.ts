import type { Part } from '../../access/part.ts';
import { deleteOldImports } from '../../domain/imports/import-store.ts';

declare module '../../domain/audit/security-events.ts' {
  interface SecurityEvents {
    users_imported: true;
    admins_imported: true;
  }
}

// Long enough to go on with one that was stopped.
const keptDays = 30;

export const accountImport: Part = {
  auditEvents: {
    users_imported: 'A batch of users was imported on the command line; `count` says how many',
    admins_imported: 'A batch of admins was imported on the command line; `count` says how many',
  },
  cleanUp: [({ db }) => deleteOldImports(db, keptDays)],
};
