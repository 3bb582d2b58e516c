import assert from 'node:assert/strict';
import { Agent, request as httpRequest } from 'node:http';
import { type Figure, percentile } from '../../bench/figure.ts';
import { credentialsOf, newRegistration } from '../factories.ts';
import type { ServerProcess } from './server-process.ts';
import { loopbackAddress } from './sockets.ts';

type Server = Pick<ServerProcess, 'port' | 'request'>;
type Client = { index: number; agent: Agent };

/** Two hundred clients, each with its own address and a kept connection. */
export function openStormClients(t: { after(end: () => unknown): void }): Client[] {
  const clients = Array.from({ length: 200 }, (_, index) => ({
    index,
    agent: new Agent({ keepAlive: true }),
  }));
  t.after(() => {
    for (const { agent } of clients) agent.destroy();
  });
  return clients;
}

/** Fails if any answer is wrong; returns the figures of case I14. */
export async function storm(server: Server, clients: readonly Client[]): Promise<Figure[]> {
  const { token, username, password } = await tokenOf(server);
  // All at once on connections that are open already.
  await Promise.all(clients.map((client) => send(server, client, ['GET', '/health/live'])));
  const asking = Promise.all(
    clients.map((client) => {
      const secret = client.index % 2 === 0 ? password : 'not the right one';
      return send(server, client, ['POST', '/api/users/login', { username, password: secret }]);
    }),
  );
  const reads: number[] = [];
  const probes: number[] = [];
  let isOver = false;
  void asking.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    const { status, ms } = await server.request('GET', '/api/users/me', { token });
    assert.equal(status, 200);
    reads.push(ms);
    const health = await server.request('GET', '/health');
    assert.equal(health.status, 200);
    probes.push(health.ms);
  }
  const answers = await asking;
  const wrong = answers.filter(({ status }) => ![200, 401, 503].includes(status));
  assert.deepEqual(wrong, []);
  const surplus = answers.filter(({ status }) => status === 503);
  assert.ok(surplus.length > 100, `${surplus.length} of 200 were refused`);
  for (const { retryAfter } of surplus) assert.match(retryAfter ?? '', /^[1-3]$/);
  const slowest = (some: readonly Outcome[]) =>
    Math.max(...some.map(({ milliseconds }) => milliseconds));
  return [
    { name: '200 parallel logins: slowest refusal', value: slowest(surplus), unit: 'ms', bar: 500 },
    { name: '200 parallel logins: slowest answer', value: slowest(answers), unit: 'ms', bar: 5000 },
    {
      name: '200 parallel logins: GET me p99',
      value: percentile(reads, 0.99),
      unit: 'ms',
      bar: 300,
    },
    {
      name: '200 parallel logins: /health p99',
      value: percentile(probes, 0.99),
      unit: 'ms',
      bar: 100,
    },
  ];
}

type Outcome = { status: number; milliseconds: number; retryAfter: string | undefined };

/** From a new address; the connection is kept for the next request. */
function send(
  { port }: Server,
  client: Client,
  [method, path, body]: [method: string, path: string, body?: object],
): Promise<Outcome> {
  const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
  const begun = performance.now();
  const localAddress = loopbackAddress(30, client.index);
  const headers = { 'content-type': 'application/json' };
  const asked = httpRequest(
    {
      host: '127.0.0.1',
      port,
      path,
      method,
      agent: client.agent,
      localAddress,
      ...(body && { headers }),
    },
    (answer) => {
      answer.resume();
      answer.on('end', () => {
        const milliseconds = performance.now() - begun;
        resolve({
          status: answer.statusCode ?? 0,
          milliseconds,
          retryAfter: answer.headers['retry-after'],
        });
      });
    },
  );
  asked.on('error', reject);
  asked.end(body && JSON.stringify(body));
  return promise;
}

/** A registered, signed-in account. */
export async function tokenOf(server: Server) {
  const body = newRegistration();
  assert.equal((await server.request('POST', '/api/users/register', { body })).status, 201);
  const signedIn = await server.request('POST', '/api/users/login', { body: credentialsOf(body) });
  return { ...body, token: String(signedIn.body.access_token) };
}
