import { argon2Sync } from 'node:crypto';
import { hashSync } from '@node-rs/bcrypt';
import { foreignCost } from './foreign-schemes.ts';
import {
  argon2Costs,
  bcryptCost,
  type HashTarget,
  isForeign,
  parseArgon2id,
  type ReadPassword,
} from './password-schemes.ts';

/** Computed only for its time. `bcryptUntil`: until the check took what bcrypt of the cost does. */
export type IdleHash =
  | { algorithm: 'bcrypt'; cost: number }
  | { algorithm: 'bcryptUntil'; cost: number }
  | { algorithm: 'argon2id'; memory: number; passes: number };

// The memory that argon2id fills in the time of one bcrypt round: 65 µs each, as measured on x64.
const kibibytesPerRound = 64;
const argon2Rounds = (argon2Costs.memory * argon2Costs.passes) / kibibytesPerRound;
const smallestBcryptCost = 4;

/**
 * The extra work that makes a check of `stored` cost as much as one of a hash made now. Without it
 * an old, cheap hash answers faster than an unknown name, which reveals that the account exists
 * (user enumeration). Between hashes of bcrypt it is exact: 2^c + 2^c + … + 2^(t-1) = 2^t. Does
 * nothing for a hash that costs more than the target.
 */
export function missingWork(stored: ReadPassword, target: HashTarget): IdleHash[] {
  if (target.algorithm === 'argon2id') return argon2Hashes(argon2Rounds - roundsOf(stored));
  const cost = bcryptCost(stored.hash);
  if (Number.isNaN(cost)) return [{ algorithm: 'bcryptUntil', cost: target.bcryptRounds }];
  return Array.from({ length: target.bcryptRounds - cost }, (_, index) => {
    return { algorithm: 'bcrypt', cost: cost + index };
  });
}

/** Blocks its thread. `elapsedMs` is what the check took. */
export function spendWork(hashes: readonly IdleHash[], elapsedMs: number): void {
  for (const idle of hashes) {
    if (idle.algorithm === 'bcrypt') hashSync('', { cost: idle.cost });
    else if (idle.algorithm === 'bcryptUntil') spendBcryptUntil(idle.cost, elapsedMs);
    else
      argon2Sync('argon2id', {
        ...idle,
        message: '',
        nonce: idleNonce,
        parallelism: 1,
        tagLength: 32,
      });
  }
}

/**
 * Measures a round meanwhile: it depends on the machine and on what its other threads do. The
 * largest hash counts, since a small one, with cold caches, takes longer for a round.
 */
function spendBcryptUntil(cost: number, elapsedMs: number): void {
  const largest = { cost: 0, roundMs: 0 };
  let spentMs = elapsedMs;
  let missingMs = Number.POSITIVE_INFINITY;
  let pieceCost = Math.max(smallestBcryptCost, cost - 4);
  do {
    const startedAt = performance.now();
    hashSync('', { cost: pieceCost });
    const pieceMs = performance.now() - startedAt;
    spentMs += pieceMs;
    if (pieceCost >= largest.cost)
      Object.assign(largest, { cost: pieceCost, roundMs: pieceMs / 2 ** pieceCost });
    missingMs = 2 ** cost * largest.roundMs - spentMs;
    pieceCost = Math.floor(Math.log2(missingMs / largest.roundMs));
  } while (pieceCost >= smallestBcryptCost);
  const until = performance.now() + missingMs;
  while (performance.now() < until);
}

const idleNonce = Buffer.alloc(16);

function roundsOf(stored: ReadPassword): number {
  const { scheme, hash } = stored;
  if (isForeign(stored)) return foreignCost(stored)?.rounds ?? 0;
  if (scheme !== 'argon2id') return 2 ** bcryptCost(hash);
  const { memory = 0, passes = 0 } = parseArgon2id(hash) ?? {};
  return (memory * passes) / kibibytesPerRound;
}

function argon2Hashes(rounds: number): IdleHash[] {
  const { passes, parallelism } = argon2Costs;
  const memory = Math.floor((rounds * kibibytesPerRound) / passes);
  return memory < 8 * parallelism ? [] : [{ algorithm: 'argon2id', memory, passes }];
}
