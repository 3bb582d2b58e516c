import type { FastifyReply, FastifyRequest } from 'fastify';
import { unavailable } from '../platform/errors.ts';

/** At most N requests of a key run at once, so that a busy client delays only its own requests. */
export type AccountTurns = {
  /** Resolves when it is this request's turn. Throws 503 on timeout, or if it has been answered. */
  begin(request: FastifyRequest, reply: FastifyReply, key: string): Promise<void>;
  /** Lets the next request of the key begin. Does nothing for a request that has no turn. */
  end(request: FastifyRequest): void;
};

type Line = { atWork: number; waiting: Set<() => void> };

/** Counts per process, because the requests compete for the database connections of one process. */
export function createAccountTurns(mostAtWork: number, waitMilliseconds: number): AccountTurns {
  const lines = new Map<string, Line>();
  const keys = new WeakMap<FastifyRequest, string>();

  const end = (request: FastifyRequest): void => {
    const key = keys.get(request);
    const line = key === undefined ? undefined : lines.get(key);
    if (key === undefined || line === undefined) return;
    keys.delete(request);
    const [next] = line.waiting;
    // Hands its place to the next request, so that no newcomer can take it first.
    if (next !== undefined) next();
    else if (line.atWork > 1) line.atWork -= 1;
    else lines.delete(key);
  };

  return {
    begin: async (request, reply, key) => {
      const line = lines.get(key) ?? { atWork: 0, waiting: new Set() };
      lines.set(key, line);
      if (line.atWork >= mostAtWork) await waitIn(line, reply, waitMilliseconds);
      else line.atWork += 1;
      keys.set(request, key);
      // By the time limit: nothing would end this turn.
      if (!reply.sent) return;
      end(request);
      throw unavailable();
    },
    end,
  };
}

async function waitIn(
  { waiting }: Line,
  { raw }: FastifyReply,
  milliseconds: number,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const leave = () => {
    waiting.delete(admit);
    raw.off('close', giveUp);
    clearTimeout(timer);
  };
  const admit = () => {
    leave();
    resolve();
  };
  const giveUp = () => {
    leave();
    reject(unavailable());
  };
  const timer = setTimeout(giveUp, milliseconds);
  raw.once('close', giveUp);
  waiting.add(admit);
  return promise;
}
