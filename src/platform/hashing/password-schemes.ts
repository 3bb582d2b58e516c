import { argon2Sync, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { hashSync, verifySync } from '@node-rs/bcrypt';
import {
  type ForeignPassword,
  foreignCost,
  foreignSchemes,
  isAffordable,
  verifyForeignSync,
} from './foreign-schemes.ts';

/** Those that hashes are made with. */
type OwnScheme = 'bcrypt' | 'bcrypt-hmac-sha384' | 'argon2id';

/**
 * Besides its own, those of imported accounts, which the first sign-in replaces. `bcrypt-truncated`
 * was made by a system that ignores what follows 72 bytes.
 */
export type PasswordScheme = OwnScheme | 'bcrypt-truncated' | ForeignPassword['scheme'];

/**
 * How an account's row stores the password. Only `bcrypt-hmac-sha384` and `firebase-scrypt` have a
 * `key`.
 */
export type StoredPassword = {
  scheme: PasswordScheme;
  hash: string;
  key: Buffer | null;
};

/** The same after transfer between threads, which turns a Buffer into a Uint8Array. */
export type ReadPassword = Omit<StoredPassword, 'key'> & { key: Uint8Array | null };

export type HashTarget = { algorithm: 'bcrypt' | 'argon2id'; bcryptRounds: number };

// Every bcrypt implementation silently ignores input after 72 bytes.
const bcryptBytes = 72;

/** Blocks its thread. */
export function hashPasswordSync(password: string, target: HashTarget): StoredPassword {
  if (target.algorithm === 'argon2id')
    return { scheme: 'argon2id', hash: hashArgon2id(password), key: null };
  if (Buffer.byteLength(password) <= bcryptBytes) {
    return { scheme: 'bcrypt', hash: hashBcrypt(password, target.bcryptRounds), key: null };
  }
  const key = randomBytes(16);
  return {
    scheme: 'bcrypt-hmac-sha384',
    hash: hashBcrypt(shortened(password, key), target.bcryptRounds),
    key,
  };
}

/** Blocks its thread. Returns false at once if `stored` is not `isVerifiable`. */
export function verifyPasswordSync(password: string, stored: ReadPassword): boolean {
  if (stored.scheme === 'argon2id') return verifyArgon2id(password, stored.hash);
  if (isForeign(stored)) return verifyForeignSync(password, stored);
  if (!isVerifiable(stored)) return false;
  // The first sign-in then hashes the whole of what was typed.
  if (stored.scheme === 'bcrypt-truncated') return verifySync(password, stored.hash);
  if (stored.scheme === 'bcrypt-hmac-sha384') {
    return stored.key !== null && verifySync(shortened(password, stored.key), stored.hash);
  }
  if (Buffer.byteLength(password) <= bcryptBytes) return verifySync(password, stored.hash);
  // bcrypt would match every password with the same first 72 bytes. Refusing costs one hash,
  // because a fast answer would reveal that the account exists.
  verifySync(shortened(password, Buffer.alloc(16)), stored.hash);
  return false;
}

/** False if the hash is malformed or too expensive to check: one row must not stall the service. */
export function isVerifiable(stored: ReadPassword): boolean {
  const { scheme, hash, key } = stored;
  if (scheme === 'argon2id') return parseArgon2id(hash) !== null;
  if (isForeign(stored))
    return isAffordable(foreignCost(stored) ?? { rounds: Infinity, memoryBytes: 0 });
  const cost = bcryptCost(hash);
  return cost >= 4 && cost <= 15 && (scheme !== 'bcrypt-hmac-sha384' || key !== null);
}

export function isForeign(stored: ReadPassword): stored is ForeignPassword {
  return (foreignSchemes as readonly string[]).includes(stored.scheme);
}

/** True if a hash made now would have another scheme or cost. */
export function needsRehash(stored: StoredPassword, target: HashTarget): boolean {
  if (isForeign(stored) || stored.scheme === 'bcrypt-truncated') return true;
  if (target.algorithm === 'argon2id') return !stored.hash.startsWith(argon2Header);
  return !stored.hash.startsWith('$2b$') || bcryptCost(stored.hash) !== target.bcryptRounds;
}

/**
 * A hash of no password, which costs as much to verify. It is made without hashing, so that a
 * process that hashes nothing starts no thread.
 */
export function unmatchable({ algorithm, bcryptRounds }: HashTarget): StoredPassword {
  const [salt, digest] = [randomBytes(16), randomBytes(algorithm === 'bcrypt' ? 23 : 32)];
  const cost = String(bcryptRounds).padStart(2, '0');
  const hash =
    algorithm === 'bcrypt'
      ? `$2b$${cost}$${inBcryptLetters(salt)}${inBcryptLetters(digest)}`
      : `${argon2Header}${unpadded(salt)}$${unpadded(digest)}`;
  return { scheme: algorithm, hash, key: null };
}

const base64Letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const bcryptLetters = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** Its base64 has the same letters in another order. */
function inBcryptLetters(bytes: Buffer): string {
  return unpadded(bytes).replaceAll(
    /./g,
    (letter) => bcryptLetters[base64Letters.indexOf(letter)] ?? '',
  );
}

/** With a key for each row, leaked digests cannot be tested against it ("password shucking"). */
function shortened(password: string, key: Uint8Array): string {
  return createHmac('sha384', key).update(password).digest('base64');
}

function hashBcrypt(password: string, rounds: number): string {
  return hashSync(password, { cost: rounds, version: '2b' });
}

/** NaN if it is not a bcrypt hash. */
export function bcryptCost(hash: string): number {
  return Number(/^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/.exec(hash)?.[1]);
}

// OWASP's minimum: 19 MiB, two passes, one lane.
export const argon2Costs = { memory: 19_456, passes: 2, parallelism: 1 };
const argon2Header = `$argon2id$v=19$m=${argon2Costs.memory},t=${argon2Costs.passes},p=${argon2Costs.parallelism}$`;
const maxArgon2Memory = 262_144;

function hashArgon2id(password: string): string {
  const nonce = randomBytes(16);
  const tag = argon2Sync('argon2id', { message: password, nonce, tagLength: 32, ...argon2Costs });
  return `${argon2Header}${unpadded(nonce)}$${unpadded(tag)}`;
}

function verifyArgon2id(password: string, hash: string): boolean {
  const parsed = parseArgon2id(hash);
  if (!parsed) return false;
  const { tag, ...parameters } = parsed;
  const actual = argon2Sync('argon2id', {
    message: password,
    tagLength: tag.length,
    ...parameters,
  });
  return timingSafeEqual(actual, tag);
}

const argon2Pattern =
  /^\$argon2id\$v=19\$m=([1-9]\d{0,6}),t=([1-9]\d?),p=([1-9])\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{16,86})$/;

/** Parses a PHC string; null if it is malformed or would need too much memory or time. */
export function parseArgon2id(hash: string) {
  const match = argon2Pattern.exec(hash);
  if (!match) return null;
  const [memory = 0, passes = 0, parallelism = 0] = match.slice(1, 4).map(Number);
  if (memory > maxArgon2Memory || memory < 8 * parallelism || passes > 10) return null;
  const [nonce, tag] = match.slice(4).map((text) => Buffer.from(text, 'base64'));
  return nonce && tag ? { memory, passes, parallelism, nonce, tag } : null;
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '');
}
