/** Another process of the service that is tested. test/replica/replica.ts starts it. */
import { openPostgres } from '../../src/platform/database/postgres-engine.ts';
import type { InjectedAnswer } from '../api.ts';
import { type PrepareKeys, type StartedApp, startApp, tidyUp, useLogger } from '../start-app.ts';
import type { Order, Reply, Report } from './messages.ts';

const engine = openPostgres({ url: process.env.REPLICA_DATABASE_URL ?? '', poolSize: 5 });
const services = new Map<string, Promise<StartedApp>>();
/** Hashes that the process of the tests knows of. Services that hash alike share a hasher. */
const reported = new WeakMap<object, number>();

/** The process of the tests has made them. */
const readKeys: PrepareKeys = ({ signingKeys }) => signingKeys.reload();

async function carryOut(service: StartedApp, order: Order): Promise<InjectedAnswer | null> {
  if (order.kind === 'tidyUp') await tidyUp(service);
  if (order.kind === 'reloadKeys') await service.deps.signingKeys.reload();
  if (order.kind !== 'answer') return null;
  const { statusCode, headers, payload } = await service.app.inject(order.request);
  return { statusCode, headers: { ...headers }, payload };
}

async function serve(order: Order): Promise<Report> {
  const key = JSON.stringify(order.overrides);
  const starting = services.get(key) ?? startApp(engine, order.overrides, readKeys);
  services.set(key, starting);
  const service = await starting;
  const { lines, executed, moved, hasher } = service;
  useLogger(service.logger);
  moved.seconds = order.seconds;
  if (order.kind === 'prepare') {
    reported.set(hasher, hasher.state.completed);
    await service.deps.signingKeys.reload();
    lines.length = 0;
    executed.length = 0;
  }
  const answer = await carryOut(service, order);
  const { completed } = hasher.state;
  // One that ended after its answer counts now.
  const hashes = completed - (reported.get(hasher) ?? 0);
  reported.set(hasher, completed);
  return { answer, lines: lines.splice(0), executed: executed.splice(0), hashes };
}

process.on('message', ({ id, order }: { id: number; order: Order }) => {
  const reply = (said: Reply) => void process.send?.(said);
  serve(order).then(
    (report) => reply({ id, report }),
    (error: unknown) => reply({ id, failure: String((error as Error).stack) }),
  );
});
process.on('disconnect', () => process.exit());
