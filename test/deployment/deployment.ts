import { randomBytes } from 'node:crypto';
import { after, before } from 'node:test';
import { startDatabaseService, withoutPostgres } from '../faults/postgres-backed.ts';
import { type ServerProcess, startServer } from '../faults/server-process.ts';
import { findFreePort } from '../free-port.ts';
import { startRedis, withoutRedis } from '../redis-server.ts';
import { makeServiceTokens } from '../service-tokens.ts';
import { type Nginx, publicHost, startNginx, withoutNginx } from './nginx.ts';

export type Deployment = {
  nginx: Nginx;
  replicas: readonly ServerProcess[];
  /** One more server like the others, with these changes. */
  startReplica: (env: Record<string, string>) => Promise<ServerProcess>;
  stopDatabase: () => Promise<unknown>;
  /** Of a service that may forward. */
  serviceToken: string;
};

type Lifetime = { after(end: () => unknown): void };

/** The reason to skip the tests, or false. */
export const withoutServers = withoutPostgres || withoutRedis || withoutNginx;

/** For the tests of one `describe`, in which it is called; they read it once they run. */
export function shareDeployment(): { readonly current: Deployment } {
  const ends: (() => unknown)[] = [];
  const shared: { current?: Deployment } = {};
  before(async () => {
    shared.current = await startDeployment({ after: (end) => void ends.push(end) });
  });
  after(async () => {
    for (const end of ends.toReversed()) await end();
  });
  return shared as { readonly current: Deployment };
}

/** Limits' counters and nothing else, by the commands of the script. */
const redisRights = [
  '~adl:limit:*',
  '+eval',
  '+evalsha',
  '+get',
  '+incr',
  '+pttl',
  '+pexpire',
  '+info',
];

/**
 * What deploy/ sets up, on free ports of 127.0.0.1: nginx with TLS before two replicas, over
 * PostgreSQL and Redis, with a role of its own in each.
 */
async function startDeployment(t: Lifetime): Promise<Deployment> {
  const redis = await startRedis(t);
  const password = randomBytes(18).toString('base64url');
  await redis.command('ACL', 'SETUSER', 'adl', 'on', `>${password}`, ...redisRights);
  const services = await makeServiceTokens();
  const { server, postgres } = await startDatabaseService(t, {
    SERVICE_TOKENS_FILE: services.file,
    ENVIRONMENT: 'production',
    PUBLIC_URL: `https://${publicHost}`,
    REDIS_URL: redis.url.replace('redis://', `redis://adl:${password}@`),
    TRUSTED_PROXIES: '127.0.0.1/32',
    ADMIN_SETUP_TOKEN: randomBytes(24).toString('base64url'),
    BCRYPT_ROUNDS: '10',
    RATE_LIMIT_PER_HOUR: '200',
    RATE_LIMIT_ACCOUNT_PER_HOUR: '2000',
  });
  const startReplica = async (env: Record<string, string>) =>
    startServer(t, { env: { ...server.env, PORT: String(await findFreePort()), ...env } });
  const replicas = [server, await startReplica({})];
  const nginx = await startNginx(
    t,
    replicas.map(({ port }) => port),
  );
  const stopDatabase = () => postgres.stop('fast');
  return { nginx, replicas, startReplica, stopDatabase, serviceToken: services.forward };
}
