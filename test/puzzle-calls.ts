import assert from 'node:assert/strict';
import { type Challenge, type Solution, solveChallenge } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2';
import type { Answer } from './answer.ts';

export type Solved = { challenge: Challenge; solution: Solution };

/** The puzzle of a 428. */
export function puzzleOf({ status, text, body }: Pick<Answer, 'status' | 'text' | 'body'>): string {
  assert.equal(status, 428, text);
  assert.equal(body.error, 'PreconditionRequiredError');
  assert.equal(body.details.reason, 'challenge_required');
  assert.equal(body.details.expires_in, 300);
  return String(body.details.puzzle);
}

export function readPuzzle(puzzle: string): Challenge {
  return JSON.parse(Buffer.from(puzzle, 'base64url').toString()) as Challenge;
}

export function encode(solved: unknown): string {
  return Buffer.from(JSON.stringify(solved)).toString('base64url');
}

/** With the library's own solver: any solver of ALTCHA does. */
export async function solve(puzzle: string): Promise<Solved> {
  const challenge = readPuzzle(puzzle);
  const solution = await solveChallenge({ challenge, deriveKey });
  assert.ok(solution);
  return { challenge, solution };
}

export async function solutionHeader(answer: Answer): Promise<Record<string, string>> {
  return withSolution(encode(await solve(puzzleOf(answer))));
}

export function withSolution(solution: string): Record<string, string> {
  return { 'x-puzzle-solution': solution };
}
