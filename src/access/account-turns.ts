import type { FastifyReply, FastifyRequest } from 'fastify';
import { unavailable } from '../platform/errors.ts';

/** Who asks much waits behind the own requests, and not others behind them: so many of a key are at work at once. */
export type AccountTurns = {
  /** Returns when it is this request's turn; throws 503 where that takes too long, or the client has gone. */
  begin(request: FastifyRequest, reply: FastifyReply, key: string): Promise<void>;
  /** Lets the next one of its key in; does nothing for a request that has no turn. */
  end(request: FastifyRequest): void;
};

type Line = { atWork: number; waiting: Set<() => void> };

/** Counted in this process, whose connections to the database they would take from each other. */
export function createAccountTurns(mostAtWork: number, waitMilliseconds: number): AccountTurns {
  const lines = new Map<string, Line>();
  const keys = new WeakMap<FastifyRequest, string>();

  return {
    begin: async (request, reply, key) => {
      const line = lines.get(key) ?? { atWork: 0, waiting: new Set() };
      lines.set(key, line);
      if (line.atWork >= mostAtWork) await waitIn(line, reply, waitMilliseconds);
      else line.atWork += 1;
      keys.set(request, key);
    },
    end: (request) => {
      const key = keys.get(request);
      const line = key === undefined ? undefined : lines.get(key);
      if (key === undefined || line === undefined) return;
      keys.delete(request);
      const [next] = line.waiting;
      // The place is handed on, so that nobody comes between.
      if (next !== undefined) next();
      else if (line.atWork > 1) line.atWork -= 1;
      else lines.delete(key);
    },
  };
}

async function waitIn({ waiting }: Line, { raw }: FastifyReply, milliseconds: number): Promise<void> {
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
