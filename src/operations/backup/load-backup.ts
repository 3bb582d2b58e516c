import { readFile } from 'node:fs/promises';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Dependencies } from '../../domain/dependencies.ts';
import { decryptWith, readIdentities } from '../../platform/age/age-stream.ts';
import { quoted } from '../../platform/database/bulk-copy.ts';
import type { BulkConnection } from '../../platform/database/database.ts';
import { migrateWithin, readMigrations } from '../../platform/database/migrate.ts';
import { backupFault, damaged } from './backup-fault.ts';
import type { BackupHeader, BackupTrailer } from './backup-format.ts';
import type { BackupPlace } from './backup-places.ts';
import { isEmpty, listTables } from './list-tables.ts';
import { type BackupScript, readScript } from './read-script.ts';
import { withoutIndexes } from './without-indexes.ts';

/** The identities in a file, as age-keygen writes it. */
export async function loadIdentities(path: string): Promise<string[]> {
  try {
    const identities = readIdentities(await readFile(path, 'utf8'));
    if (identities.length > 0) return identities;
  } catch (error) {
    throw backupFault('The file of --identity cannot be read, or holds no identity of age', error);
  }
  throw backupFault('The file of --identity holds no identity of age');
}

export async function openBackup(
  { store, name }: BackupPlace,
  identities: readonly string[],
): Promise<BackupScript> {
  const encrypted = await store.read(name).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    throw backupFault('There is no such backup: adl backup list names them', error);
  });
  const gunzip = createGunzip();
  // An error of what is decrypted comes out of what is read.
  pipeline(Readable.from(decryptWith(identities, encrypted)), gunzip, () => {});
  return readScript(gunzip);
}

type Options = { acceptsOtherKeys: boolean };

/** Without its secret nobody could verify what the service has signed. */
export function requireOwnKeys(
  { keys }: Pick<Dependencies, 'keys'>,
  { key_ids: kids, deployment, public_url: url }: BackupHeader,
  { acceptsOtherKeys }: Options,
): void {
  if (acceptsOtherKeys || kids.some((kid) => keys.find(kid) !== null)) return;
  throw backupFault(
    `The backup is of another deployment (${deployment}, ${url}) or SECRET_KEY is another: ` +
      'set the SECRET_KEY of that time, or add --accept-other-deployment',
  );
}

/**
 * Fills an empty database in the transaction that is open on the connection: the tables as they
 * were in the release of the backup, the rows, and then the migrations since. Throws, and the
 * caller rolls back, unless all is as the backup says.
 */
export async function loadBackup(
  connection: BulkConnection,
  script: BackupScript,
): Promise<BackupTrailer> {
  const { header } = script;
  if (!(await isEmpty(connection)))
    throw backupFault(
      'The database is not empty: name an empty one in DATABASE_URL, or remove this one',
    );
  const { known } = await readMigrations(connection);
  const names = new Set(known.map(({ name }) => name));
  const unknown = header.migrations.filter((migration) => !names.has(migration));
  if (unknown.length > 0)
    throw backupFault(
      `The backup is of release ${header.release}, which is newer: install that release or a later one`,
    );
  await migrateWithin(connection, (name) => header.migrations.includes(name));
  await copyTables(connection, script);
  const trailer = script.trailer();
  await requireCounts(connection, trailer);
  await migrateWithin(connection, () => true);
  return trailer;
}

async function copyTables(connection: BulkConnection, script: BackupScript): Promise<void> {
  const expected = new Map(
    (await listTables(connection)).map(({ name, columns }) => [name, columns]),
  );
  for await (const { table, rows } of script.tables()) {
    const columns = expected.get(table.name);
    if (columns === undefined || table.columns.some((column) => !columns.includes(column)))
      throw damaged();
    const name = `public.${quoted(table.name)}`;
    // Triggers count users and sign-ins, and these counts are in the backup.
    await connection.runScript(`ALTER TABLE ${name} DISABLE TRIGGER USER`);
    await withoutIndexes(connection, table.name, () => connection.copyIn(table, rows));
    await connection.runScript(`ALTER TABLE ${name} ENABLE TRIGGER USER`);
  }
}

async function requireCounts(connection: BulkConnection, { tables }: BackupTrailer): Promise<void> {
  for (const { name, rows } of tables) {
    const [found] = await connection.query(
      `SELECT count(*)::text AS count FROM public.${quoted(name)}`,
    );
    if (Number(found?.count) !== rows)
      throw backupFault(
        `The table ${name} has ${String(found?.count)} rows where the backup says ${rows}: take another backup`,
      );
  }
}
