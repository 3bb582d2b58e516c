import { randomInt } from 'node:crypto';
import { createChallenge, verifySolution } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2';
import { z } from 'zod';
import {
  equalSecrets,
  hmacSha256,
  type KeyRing,
  sha256,
} from '../../platform/crypto/secret-keys.ts';
import { durations } from '../../platform/durations.ts';

export const puzzleSeconds = durations.minutes(5);

/** What a puzzle is good for: one kind of request, and the network that asked for it. */
export type PuzzleUse = { action: string; network: string };

/**
 * A client finds a number from 1 to `numbers`, each of which takes `iterations` of PBKDF2: work
 * that is as fast in a browser as elsewhere, and that one HMAC checks.
 */
const iterations = 1000;
const algorithm = 'PBKDF2/SHA-256';

const longestSolution = 2048;
const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`));

/** The parameters as they were signed; with one more or another the signature is wrong. */
const solutionSchema = z.object({
  challenge: z.object({
    parameters: z.object({
      algorithm: z.literal(algorithm),
      cost: z.literal(iterations),
      keyLength: z.literal(32),
      nonce: hex(16),
      salt: hex(16),
      keyPrefix: hex(16),
      keySignature: hex(32),
      data: z.object({ use: z.string().max(100), expires_at: z.int() }),
    }),
    signature: hex(32),
  }),
  solution: z.object({ counter: z.int(), derivedKey: hex(32) }),
});

/** A puzzle of ALTCHA (proof of work, version 2), as JSON in base64url. */
export async function makePuzzle(
  keys: KeyRing,
  use: PuzzleUse,
  { numbers, now }: { numbers: number; now: Date },
): Promise<string> {
  const challenge = await createChallenge({
    algorithm,
    cost: iterations,
    deriveKey,
    counter: randomInt(1, numbers + 1),
    // Not the library's expiry, which reads the clock of this machine.
    data: { use: digestOf(keys, use), expires_at: secondsOf(now) + puzzleSeconds },
    ...secretsOf(keys),
  });
  return Buffer.from(JSON.stringify(challenge)).toString('base64url');
}

/**
 * What is to be spent, if the text is the solution of a puzzle for this use; else null. The prefix
 * that is asked for is half of a key, of which the whole must be given: nothing else proves that
 * the number was looked for.
 */
export async function checkSolution(
  keys: KeyRing,
  use: PuzzleUse,
  { solution: text, now }: { solution: string; now: Date },
): Promise<Buffer | null> {
  const { data: given } = solutionSchema.safeParse(parse(text));
  if (given === undefined) return null;
  const { challenge, solution } = given;
  const { verified } = await verifySolution({
    challenge,
    solution,
    deriveKey,
    ...secretsOf(keys),
  });
  const { data } = challenge.parameters;
  const isMeant = equalSecrets(data.use, digestOf(keys, use)) && data.expires_at > secondsOf(now);
  return verified && isMeant ? sha256(challenge.signature) : null;
}

function parse(text: string): unknown {
  if (text.length > longestSolution) return null;
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    return null;
  }
}

/** Only for who has the secret: a puzzle tells nobody which network asked. */
function digestOf({ current: { puzzle } }: KeyRing, { action, network }: PuzzleUse): string {
  return hmacSha256(puzzle, 'use\0', action, '\0', network).toString('base64url').slice(0, 22);
}

function secretsOf({ current: { puzzle } }: KeyRing) {
  const secret = (label: string) => hmacSha256(puzzle, label).toString('hex');
  return { hmacSignatureSecret: secret('puzzle'), hmacKeySignatureSecret: secret('solution') };
}

function secondsOf(now: Date): number {
  return Math.floor(now.getTime() / 1000);
}
