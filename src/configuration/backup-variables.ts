import { z } from 'zod';
import { ageRecipients, isBackupPlace, variable, whole } from './config-fields.ts';

const printable = /^[\x20-\x7e]+$/;
const problem = 'must be a key of printable characters';

/** What `adl backup` reads; the service itself needs none of it. */
export const backupVariables = {
  BACKUP_TO: variable(
    z
      .string()
      .refine(
        isBackupPlace,
        'must be a folder, or the https address of a bucket: https://host/bucket[/prefix]',
      )
      .optional(),
    'Where adl backup keeps backups: a folder, or a bucket of S3 or a compatible server as https://host/bucket[/prefix].',
    '<DATA_DIR>/backups',
  ),
  BACKUP_RECIPIENTS: ageRecipients(
    'Comma-separated list of age recipients (age1…) that backups are encrypted to. Their identities belong on another machine.',
  ),
  BACKUP_KEEP_DAYS: whole(
    1,
    3650,
    30,
    'How long backups are kept, in days; the newest seven stay however old they are.',
  ),
  BACKUP_S3_REGION: variable(
    z
      .string()
      .regex(/^[a-z0-9-]+$/, 'must be the name of a region, e.g. eu-central-1')
      .prefault('auto'),
    'Region of the bucket in BACKUP_TO.',
    'auto',
  ),
  BACKUP_S3_ACCESS_KEY_ID: variable(
    z.string().regex(printable, problem).optional(),
    'Access key id for the bucket in BACKUP_TO.',
  ),
  BACKUP_S3_SECRET_ACCESS_KEY: variable(
    z.string().regex(printable, problem).optional(),
    'Secret access key for the bucket in BACKUP_TO.',
  ),
};
