import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { createFieldSender, describedFields, openService } from '../attacks/described-fields.ts';
import type { TestApp } from '../test-app.ts';

/** A listener that records connections. */
async function startCanary(t: TestContext): Promise<{ port: number; visits: () => number }> {
  let visits = 0;
  const server = createServer((socket) => {
    visits += 1;
    socket.end('HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nof a canary');
  }).listen(0, '::');
  await once(server, 'listening');
  t.after(() => server.close());
  return { port: (server.address() as AddressInfo).port, visits: () => visits };
}

type ConnectTarget = { port?: unknown } | number | string | undefined;

/**
 * Records every connection that this process opens, except to the database: all clients use this
 * method.
 */
function watchConnections(t: TestContext): string[] {
  const opened: string[] = [];
  const database = process.env.TEST_DATABASE_URL && new URL(process.env.TEST_DATABASE_URL).port;
  // oxlint-disable-next-line typescript/unbound-method -- called with its own socket
  const original = Socket.prototype.connect as (...given: unknown[]) => Socket;
  t.mock.method(Socket.prototype, 'connect', function connect(this: Socket, ...given: unknown[]) {
    const [target] = (Array.isArray(given[0]) ? given[0] : given) as [ConnectTarget];
    // The PostgreSQL client passes the port itself and connects whenever its pool is short.
    const port = typeof target === 'object' ? target.port : target;
    if (!database || String(port) !== database) opened.push(JSON.stringify(target) ?? '');
    return original.apply(this, given);
  } as never);
  return opened;
}

function addressesOf(port: number): string[] {
  return [
    `http://127.0.0.1:${port}/canary`,
    `http://[::1]:${port}/`,
    `http://0x7f.1:${port}/`,
    `gopher://127.0.0.1:${port}/_x`,
    `//localhost:${port}/`,
    `localhost:${port}`,
    'http://169.254.169.254/latest/meta-data/',
    `http://127.0.0.1.nip.invalid:${port}/`,
  ];
}

test('I20 no field of any route takes a URL, by its name or by its description', async (t) => {
  const { api } = await openService(t);
  const fields = await describedFields(api);
  assert.ok(fields.length > 60, `${fields.length} fields`);
  const suspicious =
    /url|uri|host|domain|link|callback|webhook|redirect|avatar|image|picture|endpoint|next(?!_)/i;
  assert.deepEqual(
    fields.filter(({ name }) => suspicious.test(name)).map(({ label }) => label),
    [],
  );
  const { paths, components } = (await api.get('/openapi.json')).body;
  const described = JSON.stringify([paths, components.schemas]);
  assert.doesNotMatch(described, /"format":"(uri|iri|hostname|ipv4|ipv6)/);
});

test('I20 a URL in any field, header or mail address causes no connection', async (t) => {
  const service = await openService(t);
  const { send, sendAmongPlain } = await createFieldSender(service);
  const canary = await startCanary(t);
  const opened = watchConnections(t);
  const addresses = addressesOf(canary.port);
  for (const field of await describedFields(service.api)) {
    if (!field.types.includes('string')) continue;
    for (const address of addresses) {
      const { text } = await sendAmongPlain(field, address);
      assert.doesNotMatch(text, /of a canary/, field.label);
    }
  }
  for (const address of addresses) await sendHeaders(service, address);
  await send(await mailField(service), `ada@localhost.${canary.port}.invalid`);
  await service.mailbox.deliver();
  await service.tidyUp();
  assert.deepEqual(opened, []);
  assert.equal(canary.visits(), 0);

  // The control: this shows that a connection would have been recorded.
  await (await fetch(addresses[0] ?? '')).text();
  assert.equal(canary.visits(), 1);
  assert.equal(opened.length, 1);
});

async function mailField({ api }: TestApp) {
  const label = 'POST /api/password/forgot-password email';
  const field = (await describedFields(api)).find((one) => one.label === label);
  assert.ok(field);
  return field;
}

async function sendHeaders({ api }: TestApp, address: string): Promise<void> {
  const names = [
    'origin',
    'referer',
    'x-forwarded-host',
    'x-original-url',
    'x-callback-url',
    'forwarded',
    'via',
  ];
  const headers = Object.fromEntries(names.map((name) => [name, address]));
  const token = `${Buffer.from(JSON.stringify({ alg: 'RS256', jku: address, x5u: address })).toString('base64url')}.e30.x`;
  await api.get('/api/users/me', { headers, token });
  await api.post('/api/password/forgot-password', { email: 'ada@example.com' }, { headers });
  await api.get(`/?url=${encodeURIComponent(address)}&next=${encodeURIComponent(address)}`, {
    headers,
  });
}
