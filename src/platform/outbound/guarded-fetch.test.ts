import assert from 'node:assert/strict';
import type { LookupAddress, lookup } from 'node:dns';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { createGuardedFetch, OutboundError } from './guarded-fetch.ts';

async function serve(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Each name leads to the next of these answers. */
function lookupOf(...answers: string[][]): typeof lookup {
  let asked = 0;
  const find = (_name: string, _options: unknown, done: (...given: unknown[]) => void) => {
    const addresses = answers[Math.min(asked, answers.length - 1)] ?? [];
    asked += 1;
    const found = addresses.map(
      (address): LookupAddress => ({ address, family: address.includes(':') ? 6 : 4 }),
    );
    done(null, found);
  };
  return find as unknown as typeof lookup;
}

const refused = (reason: RegExp) => (error: unknown) =>
  error instanceof OutboundError && reason.test(error.message);

const inside = [
  '127.0.0.1',
  '10.1.2.3',
  '172.16.0.1',
  '192.168.1.1',
  '169.254.169.254',
  '100.64.0.1',
  '0.0.0.0',
  '198.18.0.1',
  '192.0.0.192',
  '224.0.0.1',
  '255.255.255.255',
  '::1',
  '::',
  '::ffff:127.0.0.1',
  '::ffff:a9fe:a9fe',
  '::7f00:1',
  'fe80::1',
  'fec0::1',
  'fc00::1',
  'fd00:ec2::254',
  '64:ff9b::7f00:1',
  '2002:7f00:1::',
  '2001:db8::1',
];

test('an address inside is not called, in whatever form it is written', async () => {
  const fetch = createGuardedFetch({ allowsPrivate: false });
  const written = inside.map((address) => (address.includes(':') ? `[${address}]` : address));
  for (const host of [...written, '0x7f.1', '2130706433', '127.1', '0177.0.0.1', '①②⑦.0.0.1'])
    await assert.rejects(fetch(`https://${host}/`), refused(/private/), host);
});

test('a name that leads inside is not called, if only one of its addresses does', async () => {
  for (const address of inside) {
    const lookup = lookupOf(['93.184.216.34', address]);
    const fetch = createGuardedFetch({ allowsPrivate: false, lookup });
    await assert.rejects(fetch('https://idp.example/'), refused(/private/), address);
  }
});

test('a name that becomes private is not called (DNS rebinding)', async (t) => {
  const turned = lookupOf(['169.254.169.254']);
  const fetch = createGuardedFetch({ allowsPrivate: false, lookup: turned });
  await assert.rejects(fetch('https://idp.example/'), refused(/private/));
  // What is checked is what is connected to: there is no second lookup to lead elsewhere.
  const address = await serve(t, (_request, response) => response.end('here'));
  const lookup = t.mock.fn(lookupOf(['127.0.0.1'], ['169.254.169.254']));
  const open = createGuardedFetch({ allowsPrivate: true, lookup });
  const answer = await open(address.replace('127.0.0.1', 'localhost'));
  assert.equal(await answer.text(), 'here');
  assert.equal(lookup.mock.callCount(), 1);
});

test('only https is called, and http on this machine where that is allowed', async (t) => {
  const address = await serve(t, (_request, response) => response.end('here'));
  const strict = createGuardedFetch({ allowsPrivate: false });
  const open = createGuardedFetch({ allowsPrivate: true });
  await assert.rejects(strict(address), refused(/https/));
  for (const other of [
    'http://10.0.0.1/',
    'http://idp.example/',
    'ftp://localhost/',
    'file:///etc',
  ])
    await assert.rejects(open(other), refused(/https/), other);
  await assert.rejects(open(address.replace('//', '//user:secret@')), refused(/credentials/));
  assert.equal(await (await open(address)).text(), 'here');
});

test('a redirect is an answer, and is not followed', async (t) => {
  let asked = 0;
  const address = await serve(t, (_request, response) => {
    asked += 1;
    response.writeHead(302, { location: '/' }).end();
  });
  const answer = await createGuardedFetch({ allowsPrivate: true })(address);
  assert.equal(answer.status, 302);
  assert.equal(asked, 1);
});

test('an answer of more than a MiB is given up while it comes', async (t) => {
  let sent = 0;
  const address = await serve(t, (_request, response) => {
    const more = () => {
      if (response.socket?.destroyed !== false || sent > 64 * 1024 * 1024) return;
      sent += 65_536;
      response.write(Buffer.alloc(65_536), more);
    };
    more();
  });
  const fetch = createGuardedFetch({ allowsPrivate: true });
  await assert.rejects(fetch(address), refused(/too large/));
  assert.ok(sent < 16 * 1024 * 1024, `${sent} bytes`);
});

test('what was begun is given up with its signal', async (t) => {
  const address = await serve(t, () => {});
  const fetch = createGuardedFetch({ allowsPrivate: true });
  const begun = performance.now();
  await assert.rejects(fetch(address, { signal: AbortSignal.timeout(50) }), refused(/failed/));
  assert.ok(performance.now() - begun < 2000);
});

test('calls one after the other share a connection', async (t) => {
  const sockets = new Set<unknown>();
  const address = await serve(t, (request, response) => {
    sockets.add(request.socket);
    response.end('here');
  });
  const fetch = createGuardedFetch({ allowsPrivate: true });
  for (let count = 0; count < 3; count += 1) assert.equal((await fetch(address)).status, 200);
  assert.equal(sockets.size, 1);
});

test('a call on a connection that the server has just closed is sent again', async (t) => {
  const bodies: string[] = [];
  const used = new WeakSet();
  let closed = 0;
  const address = await serve(t, (request, response) => {
    if (used.has(request.socket)) {
      closed += 1;
      request.socket.destroy();
      return;
    }
    used.add(request.socket);
    request.setEncoding('utf8').on('data', (body: string) => bodies.push(body));
    request.on('end', () => response.end('here'));
  });
  const fetch = createGuardedFetch({ allowsPrivate: true });
  for (const body of ['one', 'two']) {
    const answer = await fetch(address, { method: 'POST', body });
    assert.equal(await answer.text(), 'here');
  }
  assert.deepEqual(bodies, ['one', 'two']);
  assert.equal(closed, 1);
});

test('a call on a new connection is never sent twice', async (t) => {
  let asked = 0;
  const address = await serve(t, (request) => {
    asked += 1;
    request.socket.destroy();
  });
  const fetch = createGuardedFetch({ allowsPrivate: true });
  await assert.rejects(fetch(address, { method: 'POST', body: 'one' }), refused(/failed/));
  assert.equal(asked, 1);
});
