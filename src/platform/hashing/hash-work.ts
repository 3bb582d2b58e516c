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

/** A hash computed only for the time it takes. */
export type IdleHash =
  | { algorithm: 'bcrypt'; cost: number }
  | { algorithm: 'argon2id'; memory: number; passes: number };

// The memory that argon2id fills in the time of one bcrypt round: 65 µs each, as measured on x64.
const kibibytesPerRound = 64;

/**
 * The extra work that makes a check of `stored` cost as much as one of a hash made now. Without it
 * an old, cheap hash answers faster than an unknown name, which reveals that the account exists
 * (user enumeration). Within one scheme it is exact: 2^c + 2^c + … + 2^(t-1) = 2^t. Empty for a
 * hash that costs more than the target.
 */
export function missingWork(stored: ReadPassword, target: HashTarget): IdleHash[] {
  const missing = roundsOfTarget(target) - roundsOf(stored);
  return target.algorithm === 'argon2id' ? argon2Hashes(missing) : bcryptHashes(missing);
}

/** Blocks its thread. */
export function spendWork(hashes: readonly IdleHash[]): void {
  for (const idle of hashes) {
    if (idle.algorithm === 'bcrypt') hashSync('', { cost: idle.cost });
    else argon2Sync('argon2id', { ...idle, message: '', nonce: idleNonce, parallelism: 1, tagLength: 32 });
  }
}

const idleNonce = Buffer.alloc(16);

function roundsOfTarget({ algorithm, bcryptRounds }: HashTarget): number {
  if (algorithm === 'bcrypt') return 2 ** bcryptRounds;
  return (argon2Costs.memory * argon2Costs.passes) / kibibytesPerRound;
}

function roundsOf(stored: ReadPassword): number {
  const { scheme, hash } = stored;
  if (isForeign(stored)) return foreignCost(stored)?.rounds ?? 0;
  if (scheme !== 'argon2id') return 2 ** bcryptCost(hash);
  const { memory = 0, passes = 0 } = parseArgon2id(hash) ?? {};
  return (memory * passes) / kibibytesPerRound;
}

/** Powers of two that add up to `rounds`. bcrypt's smallest cost is 4, which is 16 rounds. */
function bcryptHashes(rounds: number): IdleHash[] {
  const hashes: IdleHash[] = [];
  let rest = rounds;
  for (let cost = 15; cost >= 4; cost -= 1) {
    if (rest < 2 ** cost) continue;
    hashes.push({ algorithm: 'bcrypt', cost });
    rest -= 2 ** cost;
  }
  return hashes;
}

function argon2Hashes(rounds: number): IdleHash[] {
  const { passes, parallelism } = argon2Costs;
  const memory = Math.floor((rounds * kibibytesPerRound) / passes);
  return memory < 8 * parallelism ? [] : [{ algorithm: 'argon2id', memory, passes }];
}
