import { sqlStateOf } from '../../platform/database/database-errors.ts';
import { AppError } from '../../platform/errors.ts';

/** One line that says what is wrong and what to do. */
export function backupFault(message: string, cause?: unknown): AppError {
  return new AppError('ConflictError', message, { cause });
}

export function notABackup(): AppError {
  return backupFault(
    'This is no backup of the service, or one that a newer release has made: use that release',
  );
}

export function damaged(cause?: unknown): AppError {
  return backupFault('The backup is truncated or damaged: take another one', cause);
}

/**
 * What an error of a library or of the system means for a backup; the error itself if that is not
 * known.
 */
export function explained(error: unknown): unknown {
  if (error instanceof AppError || !(error instanceof Error)) return error;
  const known = meanings.find(([isMeant]) => isMeant(error));
  return known === undefined ? error : backupFault(known[1], error);
}

type Meaning = [isMeant: (error: Error & { code?: string }) => boolean, message: string];

const meanings: readonly Meaning[] = [
  [
    ({ message }) => /no identity matched/.test(message),
    'The identity is not one that the backup was encrypted to: give another --identity',
  ],
  [
    ({ code }) => code === 'ENOSPC' || code === '53100',
    'There is no space left: make room, or write elsewhere. Nothing was changed',
  ],
  [
    ({ code = '' }) => ['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EROFS'].includes(code),
    'The place of the backups cannot be read or written: correct BACKUP_TO, or run it as its owner',
  ],
  [
    ({ code }) => code === 'EEXIST',
    'Another backup of the same moment is being written: try again',
  ],
  [
    (error) => sqlStateOf(error)?.startsWith('28') === true,
    'The credentials of the database were refused: correct user and password in DATABASE_URL',
  ],
  [
    (error) => sqlStateOf(error) === '3D000',
    'There is no such database: create it, or correct its name in DATABASE_URL',
  ],
  [
    (error) => sqlStateOf(error) === '42501',
    'The role may not create the tables: make it the owner of the database',
  ],
  [
    ({ code = '' }) => ['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND'].includes(code),
    'The database or the bucket does not answer: start it, or correct its address',
  ],
  [
    ({ name }) => name === 'S3ServiceError',
    'The bucket refuses: correct BACKUP_TO, its region and its keys, or what they may do',
  ],
  [
    ({ name, message }) => name.startsWith('S3') || /^(fetch failed|terminated)$/.test(message),
    'The bucket does not answer: start it, or correct BACKUP_TO',
  ],
  [({ code = '', message }) => code.startsWith('Z_') || damage.test(message), damaged().message],
];

/** As the library of age tells it. */
const damage = /chunk|stream|header|stanza|version|HMAC|tag|age/i;
