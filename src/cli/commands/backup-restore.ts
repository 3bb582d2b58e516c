import { z } from 'zod';
import { explained } from '../../operations/backup/backup-fault.ts';
import { findBackup } from '../../operations/backup/backup-places.ts';
import { loadIdentities, openBackup } from '../../operations/backup/load-backup.ts';
import { readErasedIds, restoreBackup } from '../../operations/backup/restore-backup.ts';
import type { LocalCommand } from '../command/command.ts';
import { executeLocally } from '../command/execute-command.ts';

const parameters = z.strictObject({
  name: z.string('must be a backup: adl backup list names them').min(1),
  identity: z.string('must be the path of a file with the age identity').min(1),
  erased: z.string().min(1).optional(),
  acceptOtherDeployment: z.literal(true).optional(),
});

export const backupRestore: LocalCommand = {
  name: 'backup restore',
  summary: 'Fill an empty database with a backup; ends all sessions and links',
  operands: [['<name>', 'a name of the list, or a path with a slash']],
  options: [
    ['--identity <file>', 'the age identity, as age-keygen writes it'],
    [
      '--erased <file>',
      'ids, or lines of the log, of users who were erased since: they are erased again',
    ],
    ['--accept-other-deployment', 'although it was made with another SECRET_KEY'],
  ],
  runLocally: ({ readConfig, openTarget }, given) =>
    executeLocally(
      'backup restore',
      parameters,
      given,
      async ({ name, identity, erased, ...options }) => {
        const identities = await loadIdentities(identity);
        const erasedIds = erased === undefined ? [] : await readErasedIds(erased);
        const place = await findBackup(readConfig(), name);
        let outcome: 'keep' | 'discard' = 'discard';
        const target = await openTarget();
        try {
          const script = await openBackup(place, identities);
          const acceptsOtherKeys = options.acceptOtherDeployment === true;
          const restored = await restoreBackup(target.deps, script, {
            acceptsOtherKeys,
            erasedIds,
          });
          outcome = 'keep';
          const { taken_at, release, deployment } = script.header;
          const further = erased === undefined ? { remark } : {};
          return { backup: place.name, taken_at, release, deployment, ...restored, ...further };
        } catch (error) {
          throw explained(error);
        } finally {
          await target.close(outcome);
        }
      },
    ),
};

/** A backup forgets what came after it; the law does not. */
const remark = 'users who were erased since are back: erase them again, docs/backup.md says how';
