import { type ForeignPassword, foreignCost, isAffordable } from './foreign-schemes.ts';
import {
  bcryptCost,
  isVerifiable,
  parseArgon2id,
  type StoredPassword,
} from './password-schemes.ts';

/** The parameters that Firebase shows for a project's password hashes. */
export type FirebaseProject = {
  signerKey: Buffer;
  saltSeparator: Buffer;
  rounds: number;
  memoryCost: number;
};

export type ForeignHash = {
  hash: string;
  /** Firebase alone keeps it apart. */
  salt?: string | undefined;
};

/** Why a hash cannot be taken, to be said of its line. */
export type HashFault = { fault: string };

/**
 * Reads a hash as another system wrote it: bcrypt; PHC strings of argon2i, argon2id, scrypt and
 * PBKDF2; those of passlib, Django and Werkzeug; and Firebase's with the parameters of its project.
 * What would take too much time or memory to check is a fault.
 */
export function readForeignHash(
  { hash, salt }: ForeignHash,
  firebase: FirebaseProject | null,
): StoredPassword | HashFault {
  if (salt !== undefined)
    return firebase === null ? noProject : affordable(ofFirebase(hash, salt, firebase));
  const plain = hash
    .replace(/^(?:bcrypt|argon2)\$(?=\$?(?:2|argon2))/, '')
    .replace(/^(?=argon2)/, '$');
  if (plain.startsWith('$2')) return ofBcrypt(plain);
  if (plain.startsWith('$argon2')) return ofArgon2(plain);
  for (const [form, read] of forms) {
    const fields = form.exec(plain)?.slice(1);
    if (fields !== undefined) return affordable(read(fields));
  }
  return { fault: 'is a hash of no known form' };
}

const noProject = {
  fault: 'has a password_salt, which only hashes of Firebase have: give --firebase FILE',
};
const tooDear = { fault: 'would take too much time or memory to check' };
const malformed = { fault: 'is a malformed hash' };

/**
 * Whoever hashed it ignored what came after 72 bytes; the first sign-in takes the whole password.
 */
function ofBcrypt(hash: string): StoredPassword | HashFault {
  if (hash.startsWith('$2x$')) return { fault: 'was made by a crypt_blowfish that hashed wrongly' };
  const stored = { scheme: 'bcrypt-truncated', hash, key: null } as const;
  if (Number.isNaN(bcryptCost(hash))) return malformed;
  return isVerifiable(stored) ? stored : tooDear;
}

function ofArgon2(hash: string): StoredPassword | HashFault {
  if (!/^\$argon2(?:i|id)\$v=19\$/.test(hash))
    return { fault: 'is no argon2i or argon2id of version 1.3' };
  if (hash.startsWith('$argon2i$')) return affordable({ scheme: 'argon2i', hash, key: null });
  if (parseArgon2id(hash) !== null) return { scheme: 'argon2id', hash, key: null };
  return affordable(
    { scheme: 'argon2i', hash: hash.replace('argon2id', 'argon2i'), key: null },
    malformed,
  );
}

function ofFirebase(hash: string, salt: string, project: FirebaseProject): ForeignStored | null {
  const { signerKey, saltSeparator, rounds, memoryCost } = project;
  const [nonce, digest] = [fromBase64(salt), fromBase64(hash)];
  if (nonce === null || digest?.length !== signerKey.length) return null;
  const parts = [nonce, saltSeparator, digest].map(unpadded).join('$');
  return {
    scheme: 'firebase-scrypt',
    hash: `$firebase-scrypt$ln=${memoryCost},r=${rounds}$${parts}`,
    key: signerKey,
  };
}

type ForeignStored = StoredPassword & ForeignPassword;

function affordable(
  stored: ForeignStored | null,
  otherwise: HashFault = tooDear,
): StoredPassword | HashFault {
  const cost = stored && foreignCost(stored);
  if (stored === null || cost === null) return malformed;
  return isAffordable(cost) ? stored : otherwise;
}

type Form = [form: RegExp, read: (fields: string[]) => ForeignStored | null];

const forms: readonly Form[] = [
  // PHC and passlib: $scrypt$ln=16,r=8,p=1$salt$digest
  [
    /^\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([^$]*)\$([^$]*)$/,
    ([ln, r, p, salt, digest]) => scrypt({ ln, r, p }, fromBase64(salt), fromBase64(digest)),
  ],
  // Werkzeug: scrypt:32768:8:1$salt$hex
  [
    /^scrypt:(\d+):(\d+):(\d+)\$([^$]*)\$([0-9a-f]*)$/,
    ([n, r, p, salt, digest]) => scrypt({ ln: log2(n), r, p }, fromText(salt), fromHex(digest)),
  ],
  // Django: scrypt$16384$salt$8$5$digest
  [
    /^scrypt\$(\d+)\$([^$]*)\$(\d+)\$(\d+)\$([^$]*)$/,
    ([n, salt, r, p, digest]) => scrypt({ ln: log2(n), r, p }, fromText(salt), fromBase64(digest)),
  ],
  // Django: pbkdf2_sha256$600000$salt$digest
  [
    /^pbkdf2_(sha1|sha256)\$(\d+)\$([^$]*)\$([^$]*)$/,
    ([name, i, salt, digest]) => pbkdf2(name, i, fromText(salt), fromBase64(digest)),
  ],
  // Werkzeug: pbkdf2:sha256:600000$salt$hex
  [
    /^pbkdf2:(sha\d+):(\d+)\$([^$]*)\$([0-9a-f]*)$/,
    ([name, i, salt, digest]) => pbkdf2(name, i, fromText(salt), fromHex(digest)),
  ],
  // PHC and passlib: $pbkdf2-sha256$29000$salt$digest, $pbkdf2-sha512$i=10000,l=64$…; $pbkdf2$ is
  // SHA-1
  [
    /^\$pbkdf2(?:-(sha\d+))?\$(?:i=)?(\d+)(?:,l=\d+)?\$([^$]*)\$([^$]*)$/,
    ([name, i, salt, digest]) => pbkdf2(name ?? 'sha1', i, fromBase64(salt), fromBase64(digest)),
  ],
];

type ScryptText = { ln: string | undefined; r: string | undefined; p: string | undefined };

function scrypt(
  { ln, r, p }: ScryptText,
  salt: Buffer | null,
  digest: Buffer | null,
): ForeignStored | null {
  if (ln === undefined || salt === null || digest === null) return null;
  const hash = `$scrypt$ln=${ln},r=${r},p=${p}$${unpadded(salt)}$${unpadded(digest)}`;
  return { scheme: 'scrypt', hash, key: null };
}

function pbkdf2(
  name: string | undefined,
  iterations: string | undefined,
  salt: Buffer | null,
  digest: Buffer | null,
): ForeignStored | null {
  if (salt === null || digest === null) return null;
  const hash = `$pbkdf2-${name}$i=${iterations}$${unpadded(salt)}$${unpadded(digest)}`;
  return { scheme: 'pbkdf2', hash, key: null };
}

/** The exponent of a power of two; undefined if it is none. */
function log2(n: string | undefined): string | undefined {
  const exponent = Math.log2(Number(n));
  return Number.isInteger(exponent) ? String(exponent) : undefined;
}

/** Standard Base64, or passlib's, which writes a dot for the plus; with or without padding. */
function fromBase64(text = ''): Buffer | null {
  return /^[A-Za-z0-9+/.]*={0,2}$/.test(text)
    ? Buffer.from(text.replaceAll('.', '+'), 'base64')
    : null;
}

function fromHex(text = ''): Buffer | null {
  return text.length % 2 === 0 ? Buffer.from(text, 'hex') : null;
}

function fromText(text = ''): Buffer {
  return Buffer.from(text);
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '');
}
