import type { FastifyRequest } from 'fastify';
import { Counter } from 'prom-client';
import { z } from 'zod';
import type { Config } from '../configuration/config.ts';
import { checkSolution, makePuzzle, puzzleSeconds } from '../domain/puzzles/puzzles.ts';
import { spendPuzzle } from '../domain/puzzles/spent-puzzles.ts';
import type { KeyRing } from '../platform/crypto/secret-keys.ts';
import type { Database } from '../platform/database/database.ts';
import { AppError, challengeRequired } from '../platform/errors.ts';
import { networkOf } from '../platform/http/client-address.ts';
import { registry } from '../platform/metrics/registry.ts';
import type { RateLimiter } from '../platform/rate-limit/rate-limit.ts';
import { type Asker, type ChallengedAction, createChallengeLevels } from './challenge-levels.ts';

export type AbuseChallenges = {
  /**
   * Throws 428 with a puzzle if one is due and the request does not bring its solution. `name`: of
   * whom somebody wants to be; null where nobody has one yet.
   */
  require(request: FastifyRequest, action: ChallengedAction, name: string | null): Promise<void>;
  /** Runs a sign-in. One with wrong credentials makes a puzzle due sooner. */
  countFailure<T>(request: FastifyRequest, name: string, signIn: () => Promise<T>): Promise<T>;
};

/** For the schemas of the routes that may ask for one. */
export const puzzleHeader = z.object({
  'x-puzzle-solution': z
    .string()
    .max(8192)
    .optional()
    .describe('The solution of the puzzle in a 428, which is good for one request'),
});

/** Of the numbers that a client goes through at the first level: a tenth of a second of work. */
const fewestNumbers = 400;

const puzzles = new Counter({
  name: 'adl_puzzles_total',
  help: 'Puzzles that clients were asked to solve, and solutions that were accepted or rejected',
  labelNames: ['action', 'outcome'],
  registers: [registry],
});

type Deps = { config: Config; db: Database; keys: KeyRing; limiter: RateLimiter };

export function createAbuseChallenges(deps: Deps, clock: () => Date): AbuseChallenges {
  const { config, db, keys, limiter } = deps;
  const { abuseChallenge: mode } = config;
  const levels = createChallengeLevels(limiter, keys);
  /** A service that calls for itself has a limit of its own. */
  const isExempt = ({ callingService }: FastifyRequest) =>
    mode === 'off' || callingService !== null;
  const askerOf = ({ clientAddress }: FastifyRequest, name: string | null): Asker => ({
    network: networkOf(clientAddress, config.rateLimitIpv6Prefix),
    name,
  });

  const dueLevel = async (action: ChallengedAction, asker: Asker): Promise<number> => {
    if (action === 'sign-in') {
      const { level, isKnown } = await levels.read(action, asker);
      return mode === 'always' && isKnown ? Math.max(1, level) : level;
    }
    const level = await levels.raise(action, asker);
    return mode === 'always' ? Math.max(1, level) : level;
  };

  return {
    require: async (request, action, name) => {
      if (isExempt(request)) return;
      const asker = askerOf(request, name);
      const level = await dueLevel(action, asker);
      if (level === 0) return;
      const use = { action, network: asker.network };
      const solution = solutionOf(request);
      if (solution !== null) {
        const solved = await checkSolution(keys, use, { solution, now: clock() });
        if (solved !== null && (await spendPuzzle(db, solved))) {
          puzzles.inc({ action, outcome: 'accepted' });
          return;
        }
      }
      puzzles.inc({ action, outcome: solution === null ? 'asked' : 'rejected' });
      const numbers = fewestNumbers * 2 ** (level - 1);
      const puzzle = await makePuzzle(keys, use, { numbers, now: clock() });
      throw challengeRequired({ puzzle, expires_in: puzzleSeconds });
    },
    countFailure: async (request, name, signIn) => {
      try {
        return await signIn();
      } catch (error) {
        const isFailure =
          error instanceof AppError && error.status === 401 && error.details === undefined;
        if (isFailure && !isExempt(request)) await levels.raise('sign-in', askerOf(request, name));
        throw error;
      }
    },
  };
}

/** Read from the raw headers, of which a schema has left some out. */
function solutionOf({ raw }: FastifyRequest): string | null {
  const given = raw.headers['x-puzzle-solution'];
  return typeof given === 'string' ? given : null;
}

/** A hook that asks for a puzzle once the request is known to be well-formed, and before all work. */
export function askForPuzzle(
  deps: { challenges: AbuseChallenges },
  action: ChallengedAction,
  nameOf: (request: FastifyRequest) => string | null = () => null,
) {
  return async (request: FastifyRequest): Promise<void> =>
    deps.challenges.require(request, action, nameOf(request));
}
