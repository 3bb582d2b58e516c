import { z } from 'zod';
import { explained } from '../../operations/backup/backup-fault.ts';
import { findBackup } from '../../operations/backup/backup-places.ts';
import { loadIdentities, openBackup } from '../../operations/backup/load-backup.ts';
import { verifyBackup } from '../../operations/backup/verify-backup.ts';
import type { LocalCommand } from '../command/command.ts';
import { executeLocally } from '../command/execute-command.ts';

const parameters = z.strictObject({
  name: z.string().min(1).optional(),
  identity: z.string('must be the path of a file with the age identity').min(1),
  acceptOtherDeployment: z.literal(true).optional(),
});

export const backupVerify: LocalCommand = {
  name: 'backup verify',
  summary:
    'Restore a backup into a scratch database, check it and sign in; needs no database of the service',
  operands: [['[name]', 'a name of the list, or a path with a slash; the newest by default']],
  options: [
    ['--identity <file>', 'the age identity, as age-keygen writes it'],
    ['--accept-other-deployment', 'although it was made with another SECRET_KEY'],
  ],
  runLocally: ({ readConfig, openScratch }, given) =>
    executeLocally(
      'backup verify',
      parameters,
      given,
      async ({ name, identity, acceptOtherDeployment }) => {
        const identities = await loadIdentities(identity);
        const place = await findBackup(readConfig(), name);
        const scratch = await openScratch();
        try {
          const script = await openBackup(place, identities);
          const options = { acceptsOtherKeys: acceptOtherDeployment === true };
          const verified = await verifyBackup(scratch.deps, place, script, options);
          const { taken_at, release, deployment } = script.header;
          return { backup: place.name, taken_at, release, deployment, ...verified };
        } catch (error) {
          throw explained(error);
        } finally {
          await scratch.close('discard');
        }
      },
    ),
};
