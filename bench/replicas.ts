import { Agent } from 'node:http';
import { credentialsOf, newRegistration } from '../test/factories.ts';
import { sendRequest } from '../test/faults/http-request.ts';
import { cpuMilliseconds } from '../test/faults/process-figures.ts';
import { type ServerProcess, startServer } from '../test/faults/server-process.ts';
import { findFreePort } from '../test/free-port.ts';
import { startPrivatePostgres } from '../test/postgres/private-postgres.ts';
import { startRedis } from '../test/redis-server.ts';
import { type Figure, median } from './figure.ts';

const rounds = 10;
const requests = 6400;
/**
 * A replica gets so many, then as many again. It reads callers of one moment in one query: clients
 * that share a core with two of them would send each fewer at once, which costs more a request.
 */
const atOnce = 32;

/**
 * What `GET /me` costs a replica in processor time when it is alone and when there are two. The
 * clients, PostgreSQL and Redis share this machine, so requests in a second say little about two
 * machines; processor time for each does.
 */
export async function measureReplicas(): Promise<Figure[]> {
  const ends: (() => unknown)[] = [];
  const lifetime = { after: (end: () => unknown) => void ends.push(end) };
  const postgres = await startPrivatePostgres();
  const redis = await startRedis(lifetime);
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
  for (const one of [first, second, first, second, first, second]) await costOf([one], token);
  const ratios: number[] = [];
  const costs: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    // Alternating, so that a change in the machine's speed affects both.
    const alone = await costOf([first], token);
    const together = await costOf([first, second], token);
    costs.push(alone);
    ratios.push((2 * alone) / together);
    console.log(
      `     round ${round + 1}: ${alone.toFixed(3)} ms a request alone, ${together.toFixed(3)} ms of two`,
    );
  }
  for (const end of ends.toReversed()) await end();
  await postgres.destroy();
  return [
    {
      name: 'GET /api/users/me: processor time of a replica',
      value: median(costs),
      unit: 'ms',
      bar: 1,
    },
    {
      name: 'two replicas on two cores / one, by it',
      value: median(ratios),
      unit: '',
      bar: 1.7,
      atLeast: true,
    },
  ];
}

async function signIn(server: ServerProcess): Promise<string> {
  const body = newRegistration();
  await server.request('POST', '/api/users/register', { body });
  const login = await server.request('POST', '/api/users/login', { body: credentialsOf(body) });
  return String(login.body.access_token);
}

/** Milliseconds of the replicas' processors for each request. */
async function costOf(replicas: readonly ServerProcess[], token: string): Promise<number> {
  const agent = new Agent({ keepAlive: true });
  const spent = () => replicas.reduce((sum, { pid }) => sum + cpuMilliseconds(pid), 0);
  const before = spent();
  const askOnce = async ({ port }: ServerProcess): Promise<void> => {
    const { status } = await sendRequest(port, 'GET', '/api/users/me', { token, agent });
    if (status !== 200) throw new Error(`GET /me answered ${status}`);
  };
  const ask = async (replica: ServerProcess): Promise<void> => {
    for (let sent = 0; sent < requests; sent += atOnce)
      await Promise.all(Array.from({ length: atOnce }, () => askOnce(replica)));
  };
  await Promise.all(replicas.map(ask));
  const cost = (spent() - before) / (requests * replicas.length);
  agent.destroy();
  return cost;
}
