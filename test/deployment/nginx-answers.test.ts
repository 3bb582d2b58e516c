import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import type { Answer } from '../answer.ts';
import { assertStatus } from '../api.ts';
import { eventually } from '../faults/eventually.ts';
import { type Exchange, exchangeOver, requestText } from '../raw-http.ts';
import { assertSoundAnswer } from '../sound-answer.ts';
import { ask, exchangeWith } from './client.ts';
import { shareDeployment, withoutServers } from './deployment.ts';
import { publicHost, startNginx } from './nginx.ts';

const host = { Host: publicHost };

describe('nginx answers like the service', { skip: withoutServers }, () => {
  const deployment = shareDeployment();

  const floods: [what: string, request: string, status: number][] = [
    ['a header of 64 kB', requestText('GET', '/', { ...host, A: 'a'.repeat(65_536) }), 431],
    [
      'a cookie of 16 kB',
      requestText('GET', '/', { ...host, Cookie: `a=${'a'.repeat(16_384)}` }),
      431,
    ],
    ['a URL of 100 kB', requestText('GET', `/${'a'.repeat(100_000)}`, host), 414],
    ['20 kB in headers that nginx passes on', headersOf(3, 7000), 431],
    ['2,000 headers', headersOf(2000, 20), 431],
  ];
  for (const [what, request, status] of floods) {
    test(`I06 ${what}: ${status}, with the eight headers`, async () => {
      const answer = only(await exchangeWith(deployment.current.nginx, request, { answers: 1 }));
      assertStatus(answer, status);
      assertSoundAnswer(answer, { method: 'GET', path: answer.body.path });
    });
  }

  test('I07 a bad request line is refused or closed, never a 500', async () => {
    const cases: [request: string | Buffer, statuses: number[]][] = [
      ['GET / HTTP/1.1\r\n\r\n', [400]],
      [`GET / HTTP/1.1\r\nHost: ${publicHost}\r\nHost: b.example\r\n\r\n`, [400]],
      [`GET / HTTP/2.0\r\nHost: ${publicHost}\r\n\r\n`, [400]],
      [`GET / HTTP/1.1 x\r\nHost: ${publicHost}\r\n\r\n`, [400]],
      [`G\0ET / HTTP/1.1\r\nHost: ${publicHost}\r\n\r\n`, [400]],
      [requestText('GET', '*', host), [400]],
      [requestText('GET', '/%', host), [400]],
      [requestText('GET', '/%zz', host), [400]],
      [requestText('GET', '/a%00b', host), [400]],
      [requestText('GET', '/%c0%ae%c0%ae/%c0%ae%c0%ae/etc/passwd', host), [400]],
      [requestText('GET', '/%ff', host), [400]],
      [requestText('GET', '/../../etc/passwd', host), [400]],
      [requestText('GET', `http://${publicHost}/nothing`, host), [404]],
      [`GET /nothing HTTP/1.0\r\nHost: ${publicHost}\r\n\r\n`, [404]],
      [Buffer.from(`GET /\xff"\\ HTTP/1.1\r\nHost: ${publicHost}\r\n\r\n`, 'latin1'), [400]],
      [requestText('CONNECT', 'other.example:443', host), [400, 405]],
      [requestText('TRACE', '/', host), [405]],
      [requestText('FOO', '/', host), [405]],
    ];
    for (const [request, statuses] of cases) {
      const shown = JSON.stringify(request.toString().slice(0, 80));
      const answer = only(
        await exchangeWith(deployment.current.nginx, request, { answers: 1 }),
        shown,
      );
      assert.ok(statuses.includes(answer.status), `${shown}: ${answer.status}`);
      assertSoundAnswer(answer, { method: 'GET', path: answer.body.path });
      if (answer.status === 405) assert.match(String(answer.headers.allow), /GET/);
    }
  });

  test('an unknown name gets no answer, whether in Host or in the handshake', async () => {
    for (const name of [
      'evil.example',
      '127.0.0.1',
      `${publicHost}.evil.example`,
      `x.${publicHost}`,
    ]) {
      const request = requestText('GET', '/', { Host: name });
      assert.deepEqual((await exchangeWith(deployment.current.nginx, request)).answers, []);
      const plain = connect(deployment.current.nginx.plainPort, '127.0.0.1');
      assert.deepEqual((await exchangeOver(plain, request)).answers, []);
    }
  });

  test('J13 over http pages are sent to https, and the API is a 403 that redirects nobody', async () => {
    const login = '{"username":"ada","password":"violet harbour anvil"}';
    const json = { ...host, 'Content-Type': 'application/json' };
    for (const path of ['/api/users/login', '//api/users/login', '/%61pi/users/login', '/api']) {
      const answer = await overHttp(requestText('POST', path, json, login));
      assertStatus(answer, 403);
      assertSoundAnswer(answer, { method: 'POST', path });
      assert.equal(answer.headers.location, undefined);
    }
    for (const path of ['/', '/docs?a=b', '/app/reset-password', '//evil.example/x']) {
      const answer = await overHttp(requestText('GET', path, host));
      assertStatus(answer, 308);
      assert.equal(
        answer.headers.location,
        `https://${publicHost}:${deployment.current.nginx.port}${path}`,
      );
      assertSoundAnswer(answer, { method: 'GET', path });
    }
    const early = await overHttp('GET / HTTP/1.1\r\n\r\n');
    assertStatus(early, 400);
    assertSoundAnswer(early, { method: 'GET', path: '/' });
    for (const { logs } of deployment.current.replicas) assert.doesNotMatch(logs(), /login/);
  });

  test('http on the port of https is a 400 in JSON', async () => {
    const socket = connect(deployment.current.nginx.port, '127.0.0.1');
    const answer = only(await exchangeOver(socket, requestText('GET', '/x', host), { answers: 1 }));
    assertStatus(answer, 400);
    assertSoundAnswer(answer, { method: 'GET', path: '/x' });
  });

  test('a body above 64 KiB is a 413 of nginx, one of 64 KiB reaches the service', async () => {
    const body = (size: number) => ({ password: 'a'.repeat(size - '{"password":""}'.length) });
    const path = '/api/users/login';
    assertStatus(await ask(deployment.current.nginx, 'POST', path, { body: body(65_537) }), 413);
    assertStatus(await ask(deployment.current.nginx, 'POST', path, { body: body(65_536) }), 422);
  });

  test('J01 no replica: 503 with Retry-After, in JSON with the eight headers', async (t) => {
    const nginx = await startNginx(t, [1]);
    const answer = await ask(nginx, 'POST', '/api/users/login?a=secret', { body: {} });
    assertStatus(answer, 503);
    assert.equal(answer.body.error, 'ServiceUnavailableError');
    // The line that an operator finds it by has the id of the answer, and no query.
    await eventually('the line is written', () => nginx.accessLog() !== '');
    const line = JSON.parse(nginx.accessLog());
    assert.equal(line.request_id, answer.body.request_id);
    assert.deepEqual([line.status, line.path, line.client], [503, '/api/users/login', '127.0.0.1']);
    assert.doesNotMatch(nginx.accessLog() + nginx.errorLog(), /secret/);
  });

  test('J01 the answers of the service pass with each header once, over HTTP/2 too', async () => {
    for (const [method, path, status] of [
      ['GET', '/', 200],
      ['GET', '/docs', 200],
      ['GET', '/docs/', 200],
      ['GET', '/nothing', 404],
      ['DELETE', '/health', 405],
      ['GET', '/api/users/me', 401],
    ] as const) {
      const answer = await ask(deployment.current.nginx, method, path);
      assertStatus(answer, status);
      assert.doesNotMatch(String(answer.headers.server), /\d/);
    }
  });

  test('an id made by nginx is the id of the answer and of the log line', async () => {
    const given = '0b2f8b3e-8d4c-4f5a-9c39-3e2f1a6f7d11';
    const answer = await ask(deployment.current.nginx, 'GET', '/nothing', {
      headers: { 'X-Request-ID': given },
    });
    assert.notEqual(answer.headers['x-request-id'], given);
    const logs = () => deployment.current.replicas.map((replica) => replica.logs()).join('');
    await eventually('the id is logged', () =>
      logs().includes(String(answer.headers['x-request-id'])),
    );
    assert.ok(!logs().includes(given));
  });

  test('the service keeps an idle connection longer than nginx, else a request meets its end', async () => {
    const { nginx, replicas } = deployment.current;
    const headers = { connection: 'keep-alive' };
    const answer = await replicas[0]?.request('GET', '/health/live', { headers });
    const [, seconds] = /timeout=(\d+)/.exec(String(answer?.headers['keep-alive'])) ?? [];
    const [, idle] =
      /upstream adl \{[^}]*keepalive_timeout (\d+)s;/.exec(nginx.configuration) ?? [];
    assert.ok(Number(seconds) > Number(idle), `${seconds} s and ${idle} s`);
  });

  async function overHttp(request: string): Promise<Answer> {
    const socket = connect(deployment.current.nginx.plainPort, '127.0.0.1');
    return only(await exchangeOver(socket, request, { answers: 1 }), request);
  }
});

function headersOf(count: number, size: number): string {
  const lines = Array.from({ length: count }, (_, index) => `X-${index}: ${'a'.repeat(size)}\r\n`);
  return `GET / HTTP/1.1\r\nHost: ${publicHost}\r\n${lines.join('')}\r\n`;
}

function only({ answers }: Exchange, what = 'the request'): Answer {
  const [answer] = answers;
  assert.ok(answer !== undefined && answers.length === 1, `${answers.length} answers to ${what}`);
  return answer;
}
