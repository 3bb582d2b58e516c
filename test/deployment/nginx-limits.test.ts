import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { findFreePort } from '../free-port.ts';
import { requestText } from '../raw-http.ts';
import { ask, askThrough, exchangeWith, openTls } from './client.ts';
import { type Nginx, publicHost, renderNginx, startNginx, withoutNginx } from './nginx.ts';
import { startRecordingReplica } from './recording-replica.ts';

const host = { Host: publicHost };

describe('nginx', { skip: withoutNginx }, () => {
  test('above 50 requests a second and a burst of 300 an address gets 429', async (t) => {
    const replica = await startRecordingReplica(t);
    const nginx = await startNginx(t, [replica.port]);
    const agent = new Agent({ keepAlive: true, maxSockets: 40 });
    t.after(() => agent.destroy());
    const requests = Array.from({ length: 900 }, () => askThrough(nginx, agent, '127.0.8.1'));
    const answers = await Promise.all(requests);
    const refused = answers.filter(({ status }) => status === 429);
    const passed = answers.length - refused.length;
    assert.ok(passed >= 300 && refused.length > 0, `${passed} of ${answers.length} passed`);
    assert.equal(refused[0]?.headers['retry-after'], '1');
    const other = await exchangeWith(nginx, requestText('GET', '/x', host), {
      answers: 1,
      from: '127.0.8.2',
    });
    assert.equal(other.answers[0]?.status, 200);
  });

  test('an address has 50 requests at work; the next is a 429, another address is served', async (t) => {
    const replica = await startRecordingReplica(t, () => {});
    const nginx = await startNginx(t, [replica.port]);
    const sockets = await Promise.all(
      Array.from({ length: 50 }, () => openTls(nginx, '127.0.8.3')),
    );
    t.after(() => sockets.forEach((socket) => void socket.destroy()));
    for (const socket of sockets) socket.write(requestText('GET', '/slow', host));
    await until(() => replica.lines().length === 50);
    assert.equal((await ask(nginx, 'GET', '/', { from: '127.0.8.3' })).status, 429);
    const other = await openTls(nginx, '127.0.8.4');
    other.write(requestText('GET', '/other', host));
    await until(() => replica.lines().length === 51);
    other.destroy();
  });

  test('a POST that was sent is never repeated; a GET, and a refused connection, go on', async (t) => {
    const breaking = await startRecordingReplica(t, (socket) => socket.destroy());
    const sound = await startRecordingReplica(t);
    const nginx = await startNginx(t, [breaking.port, sound.port]);
    const statuses: number[] = [];
    for (let count = 0; count < 10; count += 1)
      statuses.push(await send(nginx, 'POST', `/post-${count}`));
    const posts = [...breaking.lines(), ...sound.lines()].filter((line) => line.startsWith('POST'));
    assert.equal(new Set(posts).size, posts.length, posts.join('\n'));
    assert.equal(posts.length, 10);
    assert.deepEqual([...new Set(statuses)].toSorted(), [200, 503]);
    for (let count = 0; count < 4; count += 1) assert.equal(await send(nginx, 'GET', '/get'), 200);
    const gone = await startNginx(t, [await findFreePort(), sound.port]);
    for (let count = 0; count < 4; count += 1)
      assert.equal(await send(gone, 'POST', '/refused'), 200);
  });

  test('a request that arrives too slowly is closed within 12 s, and reaches nobody', async (t) => {
    const replica = await startRecordingReplica(t);
    const nginx = await startNginx(t, [replica.port]);
    const started = performance.now();
    const slow = [
      'GET / HTTP/1.1\r\nX: ',
      requestText('POST', '/', { ...host, 'Content-Length': '500' }),
    ];
    await Promise.all(
      slow.map(async (part) => {
        const socket = await openTls(nginx);
        socket.on('error', () => {}).resume();
        socket.write(part);
        await new Promise((resolve) => socket.once('close', resolve));
      }),
    );
    const seconds = (performance.now() - started) / 1000;
    assert.ok(seconds > 9 && seconds < 12.5, `closed after ${seconds.toFixed(1)} s`);
    assert.deepEqual(replica.lines(), []);
  });

  test('a value that could be a directive is refused, and nothing is written', () => {
    const directory = mkdtempSync(join(tmpdir(), 'adl-nginx-'));
    const good = {
      PUBLIC_HOST: publicHost,
      TLS_CERTIFICATE: '/c',
      TLS_KEY: '/k',
      REPLICAS: '127.0.0.1:8000',
    };
    for (const [name, value] of [
      ['PUBLIC_HOST', 'a; return 200'],
      ['PUBLIC_HOST', ''],
      ['PUBLIC_HOST', 'a\nb'],
      ['PUBLIC_HOST', 'Accounts.example.com'],
      ['TLS_KEY', 'relative'],
      ['TLS_CERTIFICATE', '/a; x'],
      ['REPLICAS', '127.0.0.1'],
      ['REPLICAS', '127.0.0.1:1 max_fails=9;'],
      ['BALANCERS', '10.0.0.0/8; deny all'],
      ['HTTPS_PORT', '443 x'],
      ['ACCESS_LOG', '/a b'],
    ] as const) {
      const run = () => renderNginx(directory, { ...good, [name]: value });
      assert.throws(run, new RegExp(`nginx: failed - .*${name}`), `${name}=${value}`);
    }
    assert.throws(() => readFileSync(join(directory, 'nginx.conf')), /ENOENT/);
    rmSync(directory, { recursive: true });
  });
});

async function send(nginx: Nginx, method: string, path: string): Promise<number> {
  const { answers } = await exchangeWith(nginx, requestText(method, path, host), { answers: 1 });
  return answers[0]?.status ?? 0;
}

async function until(check: () => boolean): Promise<void> {
  const { eventually } = await import('../faults/eventually.ts');
  await eventually('the replica has them', check);
}
