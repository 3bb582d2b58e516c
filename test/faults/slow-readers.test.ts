import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { credentialsOf, newRegistration } from '../factories.ts';
import { requestText } from '../raw-http.ts';
import { eventually } from './eventually.ts';
import { assertPoolAtRest, startDatabaseService, withoutPostgres } from './postgres-backed.ts';
import { openConnections, rssMegabytes } from './process-figures.ts';
import type { ServerProcess } from './server-process.ts';
import { loopbackAddress, openSockets } from './sockets.ts';

const setupToken = 'a token of at least thirty-two characters';
const listPath = '/api/admins/users?page_size=100';
const assetPath = '/docs';

test('I11 two hundred clients that read nothing are closed in a minute, at no cost', {
  skip: withoutPostgres,
}, async (t) => {
  const service = await startDatabaseService(t, { ADMIN_SETUP_TOKEN: setupToken });
  const { server } = service;
  const token = await adminToken(server);
  await service.query(longNames);
  assert.ok(
    JSON.stringify((await server.request('GET', listPath, { token })).body).length > 40_000,
  );
  await server.request('GET', assetPath);
  // The kernel buffers four megabytes of a socket first; the assets are there to fill them.
  // In portions, because no more than 2,000 requests of all clients may wait at once.
  const textOf = (path: string) => requestText('GET', path, { Authorization: `Bearer ${token}` });
  const [page, list] = [textOf(assetPath), textOf(listPath)];
  const portions = [page.repeat(5), page.repeat(5), page.repeat(2) + list.repeat(4)];
  const from = (index: number) => loopbackAddress(11, index);

  // First the same with clients that read, to measure the memory that this work needs anyway.
  const readers = await openSockets(t, server, 50, { from });
  for (const socket of readers) socket.write(`${portions.join('')}GARBAGE\r\n\r\n`);
  await eventually('all is read', () => readers.every(({ destroyed }) => destroyed), 60_000);

  const sockets = await openSockets(t, server, 200, { from });
  const open = () => openConnections(server.port);
  await eventually('all are accepted', () => open() >= sockets.length);
  const before = rssMegabytes(server.pid);
  const begun = performance.now();
  for (const portion of portions) {
    for (const socket of sockets) socket.pause().write(portion);
    await sleep(2500);
  }
  let most = 0;
  let leastOpenAtFirst = sockets.length;
  while (open() > 0) {
    const seconds = (performance.now() - begun) / 1000;
    assert.ok(seconds < 60, `${open()} are still open`);
    most = Math.max(most, rssMegabytes(server.pid) - before);
    if (seconds < 10) leastOpenAtFirst = Math.min(leastOpenAtFirst, open());
    if (seconds > 5) await assertPoolAtRest(service);
    assert.equal((await server.request('GET', '/health')).status, 200);
    await sleep(200);
  }
  t.diagnostic(
    `${Math.round(most)} MB more, closed after ${Math.round((performance.now() - begun) / 1000)} s`,
  );
  assert.ok(leastOpenAtFirst > 150, `${leastOpenAtFirst}: they are slow, and not refused at once`);
  // Answers kept in memory would be 800 MB; the work itself has taken 60 to 170.
  assert.ok(most < 300, `${most} MB more`);
});

const longNames = `
  INSERT INTO users (id, username, email, full_name, is_active, password_scheme, password_hash, created_at, updated_at)
  SELECT gen_random_uuid(), 'reader' || n, 'reader' || n || '@example.com', repeat('漢', 200), true, 'bcrypt', 'none',
         now(), now()
    FROM generate_series(1, 100) AS n`;

async function adminToken(server: ServerProcess): Promise<string> {
  const body = newRegistration();
  const headers = { 'x-setup-token': setupToken };
  assert.equal(
    (await server.request('POST', '/api/admins/register', { body, headers })).status,
    201,
  );
  return String(
    (await server.request('POST', '/api/admins/login', { body: credentialsOf(body) })).body
      .access_token,
  );
}
