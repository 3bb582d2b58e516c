import { randomBytes } from 'node:crypto';
import { createHashAdmission, type HashPlace, type HashState } from './hash-admission.ts';
import { missingWork } from './hash-work.ts';
import {
  type HashTarget,
  isVerifiable,
  needsRehash,
  type ReadPassword,
  type StoredPassword,
} from './password-schemes.ts';

export { HashAbandonedError, type HashPlace, HashQueueFullError } from './hash-admission.ts';

/**
 * Both `hash` and `verify` take a place that was reserved, or the address of the client; then they reject with
 * `HashQueueFullError` where too many wait, and once the hasher is closed. `signal`, which a reserved place has already,
 * says that the client is gone: what still waits is dropped with `HashAbandonedError`.
 */
export type PasswordHasher = {
  /**
   * A place for one password of a client: in an overload whoever has none is refused before the database is asked.
   * Throws `HashQueueFullError`. To be released in any case.
   */
  reserve(clientAddress: string, signal?: AbortSignal): HashPlace;
  hash(password: string, at: HashPlace | string, signal?: AbortSignal): Promise<StoredPassword>;
  /**
   * `stored` null is an unknown user: false, after the work of a known one. That work is the target's for every stored
   * hash but a dearer one, right or wrong: the caller may yet refuse what matched, and must not have told so.
   */
  verify(
    password: string,
    stored: StoredPassword | null,
    at: HashPlace | string,
    signal?: AbortSignal,
  ): Promise<boolean>;
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
 * queue bounded by the time a password would wait, fair to each client address.
 */
export async function createPasswordHasher({
  threads,
  maxWaitSeconds,
  target,
  clientOf = (address) => address,
}: Options): Promise<PasswordHasher> {
  const admission = createHashAdmission(threads, maxWaitSeconds);
  const placeAt = (at: HashPlace | string, signal: AbortSignal | undefined): HashPlace =>
    typeof at === 'string' ? admission.reserve(clientOf(at), signal) : at;
  const hash: PasswordHasher['hash'] = async (password, at, signal) => {
    const hashed = (await placeAt(at, signal).run({ kind: 'hash', password, target })) as StoredPassword;
    // Bytes arrive from another thread as a plain Uint8Array.
    return { ...hashed, key: hashed.key && Buffer.from(hashed.key) };
  };
  const dummy = await hash(randomBytes(32).toString('base64'), '');
  admission.state.completed = 0;
  return {
    state: admission.state,
    reserve: (clientAddress, signal) => admission.reserve(clientOf(clientAddress), signal),
    hash,
    verify: async (password, stored, at, signal) => {
      // Also for a row that cannot be checked: an answer without the work would tell that there is such an account.
      const known = stored !== null && isVerifiable(stored);
      const checked = detached(known ? stored : dummy);
      const topUp = missingWork(checked, target);
      const job = { kind: 'verify', password, stored: checked, topUp } as const;
      return (await placeAt(at, signal).run(job)) === true && known;
    },
    needsRehash: (stored) => needsRehash(stored, target),
    close: () => admission.close(),
  };
}

/** A Buffer from the database is a view on all that came over the wire with it, and would take it all along. */
function detached(stored: StoredPassword): ReadPassword {
  return { ...stored, key: stored.key && Uint8Array.from(stored.key) };
}
