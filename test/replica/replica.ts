import { fork } from 'node:child_process';
import { once } from 'node:events';
import { sql } from 'kysely';
import type { Database } from '../../src/platform/database/database.ts';
import { type Api, createApi, type InjectedAnswer } from '../api.ts';
import { type Overrides, type StartedApp, tidyUp } from '../start-app.ts';
import type { Order, Reply, Report } from './messages.ts';

type Beside = {
  api: Api;
  deps: StartedApp['deps'];
  tidyUp: () => Promise<void>;
  hashes: () => number;
  answerHere: () => void;
};

export type Replica = {
  /**
   * The same service in this process and in the other: they answer in turn. What the other logs,
   * sends to the database and hashes is counted together with what this one does.
   */
  beside(service: StartedApp, overrides: Overrides): Promise<Beside>;
  close(): Promise<void>;
};

/** A process of its own on the same database, which has to be PostgreSQL. */
export async function openReplica(db: Database): Promise<Replica> {
  const { rows } = await sql<{ name: string }>`SELECT current_database() AS name`.execute(db);
  const url = new URL(process.env.TEST_DATABASE_URL ?? '');
  url.pathname = `/${rows[0]?.name}`;
  const child = fork(`${import.meta.dirname}/replica-process.ts`, {
    env: { ...process.env, REPLICA_DATABASE_URL: url.href },
    execArgv: [],
    serialization: 'advanced',
  });
  const exited = once(child, 'exit');
  const waiting = new Map<number, PromiseWithResolvers<Report>>();
  let last = 0;
  child.on('message', (reply: Reply) => {
    if ('report' in reply) waiting.get(reply.id)?.resolve(reply.report);
    else waiting.get(reply.id)?.reject(new Error(`the replica: ${reply.failure}`));
    waiting.delete(reply.id);
  });
  child.on('exit', (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`the replica ended with ${code}`));
  });
  const tell = async (order: Order): Promise<Report> => {
    last += 1;
    const reply = Promise.withResolvers<Report>();
    waiting.set(last, reply);
    child.send({ id: last, order });
    return reply.promise;
  };
  return {
    beside: (service, overrides) => runBeside(service, overrides, tell),
    close: async () => {
      child.disconnect();
      await exited;
    },
  };
}

async function runBeside(
  service: StartedApp,
  overrides: Overrides,
  tell: (order: Order) => Promise<Report>,
): Promise<Beside> {
  const { app, deps, hasher, lines, executed, moved } = service;
  let hashed = 0;
  /** Who answered last. */
  let turn: 'here' | 'there' = 'there';
  const order = async (work: Pick<Order, 'kind'> & Partial<Order>) => {
    const report = await tell({ ...work, overrides, seconds: moved.seconds } as Order);
    lines.push(...report.lines);
    executed.push(...report.executed);
    hashed += report.hashes;
    return report.answer as InjectedAnswer;
  };
  await order({ kind: 'prepare' });
  const reload = async () => {
    await deps.signingKeys.reload();
    await order({ kind: 'reloadKeys' });
  };
  return {
    deps: { ...deps, signingKeys: { ...deps.signingKeys, reload } },
    api: createApi({
      inject: async (request) => {
        turn = turn === 'here' ? 'there' : 'here';
        return turn === 'here' ? app.inject(request) : order({ kind: 'answer', request });
      },
    }),
    tidyUp: async () => {
      await tidyUp(service);
      await order({ kind: 'tidyUp' });
    },
    hashes: () => hasher.state.completed + hashed,
    answerHere: () => {
      turn = 'there';
    },
  };
}
