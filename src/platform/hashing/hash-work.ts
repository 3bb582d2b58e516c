import { argon2Sync } from 'node:crypto';
import { hashSync } from '@node-rs/bcrypt';
import {
  argon2Costs,
  bcryptCost,
  type HashTarget,
  parseArgon2id,
  type ReadPassword,
} from './password-schemes.ts';

/** A hash that is made for the time it takes, and thrown away. */
export type IdleHash =
  | { algorithm: 'bcrypt'; cost: number }
  | { algorithm: 'argon2id'; memory: number; passes: number };

// What argon2id fills while bcrypt does one of its rounds: 65 µs either way where this was measured (x64).
const kibibytesPerRound = 64;

/**
 * What a check of `stored` lacks to the work of a hash made now: a cheap one from before would else answer sooner than
 * an unknown name, and tell that there is such an account. Of one scheme it is exact: 2^c + 2^c + … + 2^(t-1) = 2^t.
 * Nothing for a dearer one, which takes the time it takes.
 */
export function missingWork(stored: ReadPassword, target: HashTarget): IdleHash[] {
  const missing = roundsOfTarget(target) - roundsOf(stored);
  return target.algorithm === 'argon2id' ? argon2Hashes(missing) : bcryptHashes(missing);
}

/** Blocks its thread for that long. */
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

function roundsOf({ scheme, hash }: ReadPassword): number {
  if (scheme !== 'argon2id') return 2 ** bcryptCost(hash);
  const { memory = 0, passes = 0 } = parseArgon2id(hash) ?? {};
  return (memory * passes) / kibibytesPerRound;
}

/** Powers of two that add up to it, the smallest that bcrypt knows being sixteen rounds. */
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
