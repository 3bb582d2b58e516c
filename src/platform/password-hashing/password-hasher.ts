import { randomBytes } from 'node:crypto';
import { createHashAdmission, type HashAdmission, type HashState } from './hash-admission.ts';
import {
  type HashTarget,
  isVerifiable,
  needsRehash,
  type ReadPassword,
  type StoredPassword,
} from './password-schemes.ts';

export { HashQueueFullError } from './hash-admission.ts';

/** Both `hash` and `verify` reject with `HashQueueFullError` where too many wait, and once the hasher is closed. */
export type PasswordHasher = {
  hash(password: string, clientAddress: string): Promise<StoredPassword>;
  /** `stored` null is an unknown user: false, after the work of a known one. */
  verify(password: string, stored: StoredPassword | null, clientAddress: string): Promise<boolean>;
  needsRehash(stored: StoredPassword): boolean;
  readonly state: Readonly<HashState>;
  /** Waits for what was admitted; refuses what comes later. */
  close(): Promise<void>;
};

type Options = {
  threads: number;
  maxWaitSeconds: number;
  target: HashTarget;
  /** What of an address counts as one client; else each address is one. */
  clientOf?: (address: string) => string;
};

/**
 * Hashing is the capacity of the product and its weak side: it happens in threads of the lowest priority, behind a
 * queue bounded by the time a password would wait, fair to each client address (security.md § 3).
 */
export async function createPasswordHasher({
  threads,
  maxWaitSeconds,
  target,
  clientOf = (address) => address,
}: Options): Promise<PasswordHasher> {
  const admission = createHashAdmission(threads, maxWaitSeconds);
  const dummy = await hashIn(admission, randomBytes(32).toString('base64'), target, '');
  admission.state.completed = 0;
  return {
    state: admission.state,
    hash: (password, clientAddress) => hashIn(admission, password, target, clientOf(clientAddress)),
    verify: async (password, stored, clientAddress) => {
      // Also for a row that can't be checked: an answer without the work would tell that there is such an account.
      const known = stored !== null && isVerifiable(stored);
      const job = { kind: 'verify', password, stored: detached(known ? stored : dummy) } as const;
      const matches = await admission.admit(job, clientOf(clientAddress));
      return known && matches === true;
    },
    needsRehash: (stored) => needsRehash(stored, target),
    close: () => admission.close(),
  };
}

async function hashIn(
  admission: HashAdmission,
  password: string,
  target: HashTarget,
  client: string,
): Promise<StoredPassword> {
  const hashed = (await admission.admit({ kind: 'hash', password, target }, client)) as StoredPassword;
  // Bytes arrive from another thread as a plain Uint8Array.
  return { ...hashed, key: hashed.key && Buffer.from(hashed.key) };
}

/** A Buffer from the database is a view on all that came over the wire with it, and would take it all along. */
function detached(stored: StoredPassword): ReadPassword {
  return { ...stored, key: stored.key && Uint8Array.from(stored.key) };
}
