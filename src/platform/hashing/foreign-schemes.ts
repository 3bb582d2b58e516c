import { argon2Sync, createCipheriv, pbkdf2Sync, scryptSync, timingSafeEqual } from 'node:crypto';

/**
 * Schemes that are only read: other systems made such hashes, and the first sign-in replaces them.
 * A row has one spelling of each, in the manner of PHC strings; `foreign-hashes.ts` writes it.
 */
export const foreignSchemes = ['argon2i', 'scrypt', 'pbkdf2', 'firebase-scrypt'] as const;

type ForeignScheme = (typeof foreignSchemes)[number];

/** Only `firebase-scrypt` has a key: that of the project. */
export type ForeignPassword = { scheme: ForeignScheme; hash: string; key: Uint8Array | null };

/** What a check takes: time in rounds of bcrypt, 64 µs each, and memory. */
export type Cost = { rounds: number; memoryBytes: number };

type Check = { cost: Cost; digest: Buffer; make: (password: string, length: number) => Buffer };

/** The time of bcrypt's highest cost. */
const mostRounds = 2 ** 15;
const mostMemoryBytes = 256 * 2 ** 20;

/** Blocks its thread. False at once if the hash is malformed or too dear. */
export function verifyForeignSync(password: string, stored: ForeignPassword): boolean {
  const check = readForeign(stored);
  if (check === null || !isAffordable(check.cost)) return false;
  const actual = check.make(password, check.digest.length);
  return actual.length === check.digest.length && timingSafeEqual(actual, check.digest);
}

/** Null if the hash is malformed. */
export function foreignCost(stored: ForeignPassword): Cost | null {
  return readForeign(stored)?.cost ?? null;
}

/** One row must not stall the service. */
export function isAffordable({ rounds, memoryBytes }: Cost): boolean {
  return rounds <= mostRounds && memoryBytes <= mostMemoryBytes;
}

// Shorter digests match by chance; longer ones are nobody's.
const digestLengths = { shortest: 16, longest: 128 };

function readForeign({ scheme, hash, key }: ForeignPassword): Check | null {
  const fields = forms[scheme].exec(hash)?.slice(1);
  const check = fields === undefined ? null : readers[scheme](fields, key);
  if (check === null) return null;
  const { shortest, longest } = digestLengths;
  return check.digest.length >= shortest && check.digest.length <= longest ? check : null;
}

const bytes = '([A-Za-z0-9+/]*)';
const number = '([1-9]\\d{0,8})';

const forms: Record<ForeignScheme, RegExp> = {
  argon2i: new RegExp(
    `^\\$argon2i\\$v=19\\$m=${number},t=${number},p=([1-9])\\$${bytes}\\$${bytes}$`,
  ),
  scrypt: new RegExp(
    `^\\$scrypt\\$ln=([1-9]|1\\d|2[0-4]),r=${number},p=${number}\\$${bytes}\\$${bytes}$`,
  ),
  pbkdf2: new RegExp(
    `^\\$pbkdf2-(sha1|sha224|sha256|sha384|sha512)\\$i=${number}\\$${bytes}\\$${bytes}$`,
  ),
  'firebase-scrypt': new RegExp(
    `^\\$firebase-scrypt\\$ln=([1-9]|1\\d|2[0-4]),r=${number}\\$${bytes}\\$${bytes}\\$${bytes}$`,
  ),
};

/** Null for what the algorithm does not allow: it would throw. */
type Reader = (fields: string[], key: Uint8Array | null) => Check | null;

const readers: Record<ForeignScheme, Reader> = {
  argon2i: ([m, t, p, salt, digest]) => {
    const costs = { memory: Number(m), passes: Number(t), parallelism: Number(p) };
    const nonce = decoded(salt);
    if (costs.memory < 8 * costs.parallelism || nonce.length < 8) return null;
    return {
      cost: { rounds: (costs.memory * costs.passes) / 64, memoryBytes: costs.memory * 1024 },
      digest: decoded(digest),
      make: (message, tagLength) => argon2Sync('argon2i', { message, nonce, tagLength, ...costs }),
    };
  },
  scrypt: ([ln, r, p, salt, digest]) => {
    const costs = { ln: Number(ln), r: Number(r), p: Number(p) };
    const nonce = decoded(salt);
    return isScrypt(costs)
      ? {
          cost: scryptCost(costs),
          digest: decoded(digest),
          make: (password, length) => runScrypt(password, nonce, length, costs),
        }
      : null;
  },
  pbkdf2: ([name = '', i, salt, encoded]) => {
    const [iterations, nonce, digest] = [Number(i), decoded(salt), decoded(encoded)];
    const blocks = Math.ceil(digest.length / digestBytes(name));
    return {
      cost: { rounds: (iterations * blocks * microsecondsOf(name)) / 64, memoryBytes: 0 },
      digest,
      make: (password, length) => pbkdf2Sync(password, nonce, iterations, length, name),
    };
  },
  'firebase-scrypt': ([ln, r, salt, separator, digest], key) => {
    const costs = { ln: Number(ln), r: Number(r), p: 1 };
    const nonce = Buffer.concat([decoded(salt), decoded(separator)]);
    if (key === null || !isScrypt(costs)) return null;
    return {
      cost: scryptCost(costs),
      digest: decoded(digest),
      // The derived key encrypts the project's key; what comes out is the hash.
      make: (password) =>
        createCipheriv(
          'aes-256-ctr',
          runScrypt(password, nonce, 32, costs),
          Buffer.alloc(16),
        ).update(key),
    };
  },
};

type ScryptCosts = { ln: number; r: number; p: number };

/** RFC 7914: N is less than 2^(128 r / 8). */
function isScrypt({ ln, r, p }: ScryptCosts): boolean {
  return ln < 16 * r && r * p < 2 ** 30;
}

// As measured on x64: 0.35 to 0.45 µs a block.
function scryptCost({ ln, r, p }: ScryptCosts): Cost {
  return { rounds: (2 ** ln * r * p * 0.4) / 64, memoryBytes: 128 * r * (2 ** ln + p) };
}

function runScrypt(
  password: string,
  salt: Buffer,
  length: number,
  { ln, r, p }: ScryptCosts,
): Buffer {
  // Node's default would refuse what takes more than 32 MiB.
  return scryptSync(password, salt, length, { N: 2 ** ln, r, p, maxmem: 2 * mostMemoryBytes });
}

/** One iteration, as measured on x64 with the instructions for SHA that recent processors have. */
function microsecondsOf(digest: string): number {
  return /384|512/.test(digest) ? 0.5 : 0.18;
}

function digestBytes(name: string): number {
  return name === 'sha1' ? 20 : Number(name.slice(3)) / 8;
}

function decoded(base64 = ''): Buffer {
  return Buffer.from(base64, 'base64');
}
