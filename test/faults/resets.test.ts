import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { requestText } from '../raw-http.ts';
import { eventually } from './eventually.ts';
import { type ServerProcess, startServer } from './server-process.ts';

/**
 * What a client sends before it resets the connection. Node detaches the sockets of some of these
 * from the server.
 */
const beginnings: Record<string, string> = {
  nothing: '',
  CONNECT: 'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n',
  'CONNECT behind a request': `${requestText('GET', '/docs/')}CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n`,
  'an upgrade': requestText('GET', '/health', { Connection: 'Upgrade', Upgrade: 'websocket' }),
  'an expectation': requestText('POST', '/api/users/login', {
    Expect: 'something',
    'Content-Length': '9',
  }),
  'not HTTP': 'no HTTP at all\r\n\r\n',
  'half a header': 'GET / HTTP/1.1\r\nHos',
  'half a body': requestText('POST', '/api/users/login', { 'Content-Length': '500' }),
  'a large answer': requestText('GET', '/docs'),
  'a pipeline': requestText('GET', '/health').repeat(20),
};

/** Milliseconds until the reset; `answer` means when the first byte of one has come. */
const moments = [0, 1, 3, 'answer'] as const;

describe('a client that resets its connection ends no process', () => {
  let server: ServerProcess;
  const ends: (() => unknown)[] = [];
  before(async () => {
    const keep = { after: (end: () => unknown) => void ends.push(end) };
    server = await startServer(keep, { env: { RATE_LIMIT_PER_HOUR: '0' } });
  });
  after(async () => {
    for (const end of ends) await end();
  });

  for (const [name, text] of Object.entries(beginnings)) {
    test(`after ${name}, at any moment`, async () => {
      for (const moment of moments) {
        await Promise.all(Array.from({ length: 100 }, () => reset(server.port, text, moment)));
      }
      await eventually(
        'serves',
        async () => (await server.request('GET', '/health')).status === 200,
      );
      assert.doesNotThrow(() => process.kill(server.pid, 0));
      assert.doesNotMatch(server.logs(), /Uncaught/);
    });
  }
});

async function reset(port: number, text: string, moment: (typeof moments)[number]): Promise<void> {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  await once(socket, 'connect').catch(() => {});
  if (text !== '') socket.write(text);
  if (moment === 'answer')
    await Promise.race([once(socket, 'data'), once(socket, 'close'), sleep(100)]);
  else await sleep(moment);
  socket.resetAndDestroy();
}
