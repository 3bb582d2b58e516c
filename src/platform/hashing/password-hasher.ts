import { createHashAdmission, type HashPlace, type HashState } from './hash-admission.ts';
import { expectedMilliseconds } from './hash-time.ts';
import { missingWork } from './hash-work.ts';
import {
  type HashTarget,
  isVerifiable,
  needsRehash,
  type ReadPassword,
  type StoredPassword,
  unmatchable,
} from './password-schemes.ts';

export { HashAbandonedError, type HashPlace, HashQueueFullError } from './hash-admission.ts';

/**
 * `hash` and `verify` take a reserved place or the address of the client. With an address they
 * reject with `HashQueueFullError` if too many jobs wait or the hasher is closed. When `signal`
 * aborts, a job that still waits is dropped with `HashAbandonedError`; a reserved place has its own
 * signal.
 */
export type PasswordHasher = {
  /**
   * Reserves a place for one password, so that an overloaded server refuses a client before it
   * queries the database. Throws `HashQueueFullError`. Always call `release` on the place.
   */
  reserve(clientAddress: string, signal?: AbortSignal): HashPlace;
  hash(password: string, at: HashPlace | string, signal?: AbortSignal): Promise<StoredPassword>;
  /**
   * `stored` is null for an unknown user: the result is false, after the same work as for a known
   * one. That work is the target's, unless the stored hash costs more, for right and wrong
   * passwords alike: the caller may still refuse a match, and the time must not reveal it.
   */
  verify(
    password: string,
    stored: StoredPassword | null,
    at: HashPlace | string,
    signal?: AbortSignal,
  ): Promise<boolean>;
  needsRehash(stored: StoredPassword): boolean;
  readonly state: Readonly<HashState>;
  /** Waits for admitted jobs and refuses later ones. */
  close(): Promise<void>;
};

type Options = {
  threads: number;
  maxWaitSeconds: number;
  target: HashTarget;
  /** Maps an address to the client it belongs to; by default each address is a client. */
  clientOf?: (address: string) => string;
};

/**
 * Hashing limits the capacity of the service and is its easiest target for denial of service. It
 * runs in threads of the lowest priority, behind a queue that is bounded by waiting time and fair
 * to each client.
 */
export async function createPasswordHasher({
  threads,
  maxWaitSeconds,
  target,
  clientOf = (address) => address,
}: Options): Promise<PasswordHasher> {
  const admission = createHashAdmission({
    threads,
    maxWaitSeconds,
    expectedMilliseconds: expectedMilliseconds(target),
  });
  const placeAt = (at: HashPlace | string, signal: AbortSignal | undefined): HashPlace =>
    typeof at === 'string' ? admission.reserve(clientOf(at), signal) : at;
  const hash: PasswordHasher['hash'] = async (password, at, signal) => {
    const hashed = (await placeAt(at, signal).run({
      kind: 'hash',
      password,
      target,
    })) as StoredPassword;
    // A Buffer sent between threads arrives as a plain Uint8Array.
    return { ...hashed, key: hashed.key && Buffer.from(hashed.key) };
  };
  const dummy = unmatchable(target);
  return {
    state: admission.state,
    reserve: (clientAddress, signal) => admission.reserve(clientOf(clientAddress), signal),
    hash,
    verify: async (password, stored, at, signal) => {
      // Also for an unreadable row: a fast answer would reveal that the account exists.
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

/** Copies the key: a Buffer from pg is a view on a network packet, which would be sent, too. */
function detached(stored: StoredPassword): ReadPassword {
  return { ...stored, key: stored.key && Uint8Array.from(stored.key) };
}
