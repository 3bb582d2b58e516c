import { Agent } from 'node:http';
import { credentialsOf, newRegistration } from '../test/factories.ts';
import { sendRequest } from '../test/faults/http-request.ts';
import { cpuMilliseconds } from '../test/faults/process-figures.ts';
import { type ServerProcess, startServer } from '../test/faults/server-process.ts';
import { findFreePort } from '../test/free-port.ts';
import { startPrivatePostgres } from '../test/postgres/private-postgres.ts';
import { startRedis } from '../test/redis-server.ts';
import { type Figure, median } from './figure.ts';
import { limitToQuarterCore } from './quarter-core.ts';

const rounds = 8;
const slotMilliseconds = 4000;
/** Of each replica. */
const clients = 32;

/**
 * What two replicas carry beside one, in requests a second. Clients, PostgreSQL and Redis share
 * this machine, so each replica may use a quarter of a core: it is what there is too little of.
 * Where control groups are not ours, processor time for each request says it instead.
 */
export async function measureReplicas(): Promise<Figure[]> {
  const ends: (() => unknown)[] = [];
  try {
    return await measure({ after: (end) => void ends.push(end) });
  } finally {
    for (const end of ends.toReversed()) await end();
  }
}

type Lifetime = { after: (end: () => unknown) => void };

async function measure(lifetime: Lifetime): Promise<Figure[]> {
  const postgres = await startPrivatePostgres();
  lifetime.after(() => postgres.destroy());
  const redis = await startRedis(lifetime);
  /** Each removes a control group, which must be empty: after the servers have ended. */
  const groups: (() => void)[] = [];
  lifetime.after(() => {
    for (const removeGroup of groups) removeGroup();
  });
  const first = await startServer(lifetime, {
    env: {
      DATABASE_URL: postgres.url(),
      REDIS_URL: redis.url,
      RATE_LIMIT_PER_HOUR: '0',
      RATE_LIMIT_ACCOUNT_PER_HOUR: '0',
    },
  });
  const second = await startServer(lifetime, {
    env: { ...first.env, PORT: String(await findFreePort()) },
  });
  const token = await signIn(first);
  // Compiled code is cheaper.
  for (const one of [first, second, first, second]) await load([one], token);
  const isLimited = limitEach([first, second], groups);
  const ratios: number[] = [];
  const costs: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    // Alternating, so that a change in the machine's speed affects both.
    const alone = await load([first], token);
    const together = await load([first, second], token);
    costs.push(alone.cost);
    ratios.push(
      isLimited ? together.perSecond / alone.perSecond : (2 * alone.cost) / together.cost,
    );
    console.log(`     round ${round + 1}: ${saidOf(alone)} alone, ${saidOf(together)} of two`);
  }
  const how = isLimited ? 'requests a second of a quarter of a core each' : 'by processor time';
  return [
    {
      name: `GET /api/users/me: processor time of a replica${isLimited ? ' limited to a quarter of a core' : ''}`,
      value: median(costs),
      unit: 'ms',
      bar: 1,
    },
    {
      name: `two replicas / one, ${how}`,
      value: median(ratios),
      unit: '',
      bar: 1.7,
      atLeast: true,
    },
  ];
}

/** False where this user may not make control groups. */
function limitEach(servers: readonly ServerProcess[], groups: (() => void)[]): boolean {
  for (const { pid } of servers) {
    const removeGroup = limitToQuarterCore(pid);
    if (removeGroup === null) return false;
    groups.push(removeGroup);
  }
  return true;
}

async function signIn(server: ServerProcess): Promise<string> {
  const body = newRegistration();
  await server.request('POST', '/api/users/register', { body });
  const login = await server.request('POST', '/api/users/login', { body: credentialsOf(body) });
  return String(login.body.access_token);
}

/** `cost` is in milliseconds of the replicas' processors for each request. */
type Load = { perSecond: number; cost: number };

async function load(replicas: readonly ServerProcess[], token: string): Promise<Load> {
  const agent = new Agent({ keepAlive: true });
  const spent = () => replicas.reduce((sum, { pid }) => sum + cpuMilliseconds(pid), 0);
  const before = spent();
  const end = performance.now() + slotMilliseconds;
  let answered = 0;
  const ask = async ({ port }: ServerProcess): Promise<void> => {
    while (performance.now() < end) {
      const { status } = await sendRequest(port, 'GET', '/api/users/me', { token, agent });
      if (status !== 200) throw new Error(`GET /me answered ${status}`);
      answered += 1;
    }
  };
  const asking = replicas.flatMap((replica) => Array.from({ length: clients }, () => ask(replica)));
  await Promise.all(asking);
  agent.destroy();
  return {
    perSecond: answered / (slotMilliseconds / 1000),
    cost: (spent() - before) / answered,
  };
}

function saidOf({ perSecond, cost }: Load): string {
  return `${perSecond.toFixed(0)} a second at ${cost.toFixed(3)} ms`;
}
