import type { Command, GuidedCommand, LocalCommand } from '../command/command.ts';
import { adminCreate } from './admin-create.ts';
import { adminList } from './admin-list.ts';
import { adminResetFactors } from './admin-reset-factors.ts';
import { adminResetPassword } from './admin-reset-password.ts';
import { auditCheckpoint } from './audit-checkpoint.ts';
import { auditExport } from './audit-export.ts';
import { auditVerify } from './audit-verify.ts';
import { backupCreate } from './backup-create.ts';
import { backupList } from './backup-list.ts';
import { backupRecovered } from './backup-recovered.ts';
import { backupRestore } from './backup-restore.ts';
import { backupStatus } from './backup-status.ts';
import { backupVerify } from './backup-verify.ts';
import { configCheck } from './config-check.ts';
import { doctor } from './doctor.ts';
import { doctorDatabase } from './doctor-database.ts';
import { importFastapi } from './import-fastapi.ts';
import { keys } from './keys.ts';
import { keysRotate } from './keys-rotate.ts';
import { keysServiceToken } from './keys-service-token.ts';
import { migrate } from './migrate.ts';
import { migratePlan } from './migrate-plan.ts';
import { passwordsBuildFilter } from './passwords-build-filter.ts';
import { userCreate } from './user-create.ts';
import { userDeactivate } from './user-deactivate.ts';
import { userDelete } from './user-delete.ts';
import { userExport } from './user-export.ts';
import { userExportData } from './user-export-data.ts';
import { userImport } from './user-import.ts';
import { userList } from './user-list.ts';
import { userRestore } from './user-restore.ts';
import { userShow } from './user-show.ts';

export type AnyCommand = Command | GuidedCommand | LocalCommand;

/** All commands, in the order of the help. */
export const commands: readonly AnyCommand[] = [
  adminCreate,
  adminResetPassword,
  adminResetFactors,
  adminList,
  userCreate,
  userList,
  userShow,
  userDeactivate,
  userDelete,
  userRestore,
  userExportData,
  userImport,
  userExport,
  importFastapi,
  auditVerify,
  auditCheckpoint,
  auditExport,
  backupCreate,
  backupList,
  backupStatus,
  backupVerify,
  backupRestore,
  backupRecovered,
  migrate,
  migratePlan,
  configCheck,
  keys,
  keysRotate,
  keysServiceToken,
  passwordsBuildFilter,
  doctor,
  doctorDatabase,
];

/** The command of that name that runs where the database is open, or null. */
export function findCommand(name: string): Command | null {
  const found = commands.find((command) => command.name === name);
  return found !== undefined && 'run' in found ? found : null;
}
