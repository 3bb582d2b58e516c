import { z } from 'zod';

/**
 * A backup is a script of SQL as `pg_dump --data-only` writes it, compressed by gzip, encrypted by
 * age: a COPY for each table, between two comments of JSON. Without the service it is restored by
 * `adl migrate` and psql; docs/backup.md.
 */
export const headerMark = '-- adl-backup/1 ';
export const trailerMark = '-- adl-backup-end ';

/** Known before the first row. */
export const headerSchema = z.object({
  release: z.string().max(50),
  deployment: z.uuid(),
  public_url: z.string().max(2000),
  /** The moment that it shows. */
  taken_at: z.iso.datetime(),
  engine: z.string().max(50),
  /** Of the secrets that made what is in it. */
  key_ids: z.array(z.string().max(64)),
  /** The schema that its tables have. */
  migrations: z.array(z.string().max(100)).min(1),
});

export type BackupHeader = z.output<typeof headerSchema>;

const tableSchema = z.object({
  name: z.string(),
  rows: z.int().min(0),
  bytes: z.int().min(0),
  sha256: z.string().length(64),
});

export type TableSum = z.output<typeof tableSchema>;

/** Known after the last row. */
export const trailerSchema = z.object({
  tables: z.array(tableSchema),
  /** Who tells it has decrypted the backup to its end. */
  proof: z.string().min(20),
  /** An account that is nowhere but here: a verification adds it to its own copy, and signs in. */
  canary: z.object({
    username: z.string(),
    email: z.string(),
    password: z.string(),
    scheme: z.string(),
    hash: z.string(),
    key: z.string().nullable(),
  }),
});

export type BackupTrailer = z.output<typeof trailerSchema>;

const ending = '.sql.gz.age';
const form = /^adl-([0-9a-f]{8})-(\d{8}T\d{9}Z)\.sql\.gz\.age$/;

/** Names sort by deployment and time. */
export function backupName(deployment: string, takenAt: Date): string {
  return `${prefixOf(deployment)}${takenAt.toISOString().replaceAll(/[-:.]/g, '')}${ending}`;
}

export function prefixOf(deployment: string): string {
  return `adl-${deployment.slice(0, 8)}-`;
}

/** When a backup was taken, by its name; null for any other file. */
export function timeOfName(name: string): Date | null {
  const time = form.exec(name)?.[2];
  if (time === undefined) return null;
  const iso = time.replace(/(....)(..)(..)T(..)(..)(..)(...)Z/, '$1-$2-$3T$4:$5:$6.$7Z');
  return new Date(iso);
}

/** The file beside a backup that says that it was verified. */
export function receiptName(name: string): string {
  return `${name}.verified.json`;
}

export const receiptSchema = z.object({
  proof: z.string().max(100),
  verified_at: z.iso.datetime(),
});
