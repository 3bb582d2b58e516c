import { readBackupState } from '../../../domain/backups/backup-store.ts';
import type { Database } from '../../../platform/database/database.ts';
import { durations } from '../../../platform/durations.ts';
import { type Check, failed, ok, skipped, warning } from '../finding.ts';

/** As the alerts AdlBackupOld and AdlBackupUnverified. */
const oldHours = 26;
const unverifiedDays = 10;

/** A backup counts as verified once it was restored for a test. Ages are those of what is in it. */
export function backupsCheck(
  db: Database,
  recipients: readonly string[],
  now = () => new Date(),
): Check {
  return {
    name: 'backups',
    run: async () => {
      if (recipients.length === 0)
        return skipped('BACKUP_RECIPIENTS is not set: adl makes no backups');
      const { last, lastVerified } = await readBackupState(db);
      if (last === null)
        return failed('none was made', 'adl backup create; the timer does it every night');
      const hours = hoursBetween(last, now());
      const shown = `the newest is ${Math.floor(hours)} hours old`;
      if (hours > oldHours)
        return failed(shown, 'systemctl list-timers adl-backup.timer says whether it runs');
      const verify = 'adl backup verify, on the machine that has the age identity';
      if (lastVerified === null) return warning(`${shown}, and none has been verified`, verify);
      const days = Math.floor(hoursBetween(lastVerified, now()) / 24);
      if (days >= unverifiedDays)
        return warning(`the last verified one is ${days} days old`, verify);
      return ok(`${shown}; verified ${days} days ago`);
    },
  };
}

function hoursBetween(earlier: Date, later: Date): number {
  return (later.getTime() - earlier.getTime()) / 1000 / durations.hours(1);
}
