import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { requestText } from '../raw-http.ts';
import { ask, exchangeWith } from './client.ts';
import { type Nginx, publicHost, startNginx, withoutNginx } from './nginx.ts';
import { type RecordingReplica, startRecordingReplica } from './recording-replica.ts';

const smuggled = `GET /smuggled HTTP/1.1\r\nHost: ${publicHost}\r\n\r\n`;
const chunk = `${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`;

/** Each a body that two parsers may end at different places, with a request in the rest. */
const attacks: [what: string, request: string][] = [
  ['CL and TE', post(['Content-Length: 6', 'Transfer-Encoding: chunked'], `0\r\n\r\n${smuggled}`)],
  ['TE and CL', post(['Transfer-Encoding: chunked', 'Content-Length: 4'], chunk)],
  [
    'two different lengths',
    post(['Content-Length: 0', `Content-Length: ${smuggled.length}`], smuggled),
  ],
  ['the same length twice', post(['Content-Length: 0', 'Content-Length: 0'], smuggled)],
  ['a list of lengths', post(['Content-Length: 0, 0'], smuggled)],
  ['a length with a sign', post(['Content-Length: +0'], smuggled)],
  ['a length in hex', post(['Content-Length: 0x0'], smuggled)],
  ['TE xchunked', post(['Transfer-Encoding: xchunked'], `0\r\n\r\n${smuggled}`)],
  ['TE chunked, identity', post(['Transfer-Encoding: chunked, identity'], `0\r\n\r\n${smuggled}`)],
  ['TE identity', post(['Transfer-Encoding: identity', 'Content-Length: 0'], smuggled)],
  [
    'TE twice',
    post(['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'], `0\r\n\r\n${smuggled}`),
  ],
  [
    'TE with a space before the colon',
    post(['Transfer-Encoding : chunked', 'Content-Length: 5'], `0\r\n\r\n${smuggled}`),
  ],
  [
    'TE with a tab in front',
    post(['\tTransfer-Encoding: chunked', 'Content-Length: 5'], `0\r\n\r\n${smuggled}`),
  ],
  [
    'TE folded',
    post(['Transfer-Encoding:\r\n chunked', 'Content-Length: 5'], `0\r\n\r\n${smuggled}`),
  ],
  [
    'TE with a vertical tab',
    post(['Transfer-Encoding:\x0bchunked', 'Content-Length: 5'], `0\r\n\r\n${smuggled}`),
  ],
  [
    'TE with a NUL',
    post(['Transfer-Encoding: chunked\0', 'Content-Length: 5'], `0\r\n\r\n${smuggled}`),
  ],
  [
    'TE with an underscore',
    post(['Transfer_Encoding: chunked', 'Content-Length: 5'], `0\r\n\r\n${smuggled}`),
  ],
  [
    'TE behind a bare line feed',
    post(['X: a\nTransfer-Encoding: chunked', 'Content-Length: 5'], `0\r\n\r\n${smuggled}`),
  ],
  [
    'TE behind a bare carriage return',
    post(['X: a\rTransfer-Encoding: chunked', 'Content-Length: 5'], `0\r\n\r\n${smuggled}`),
  ],
  [
    'a chunk size that overflows',
    post(['Transfer-Encoding: chunked'], `ffffffffffffffff1\r\n${smuggled}`),
  ],
  ['a chunk size with 0x', post(['Transfer-Encoding: chunked'], `0x5\r\nhello\r\n0\r\n\r\n`)],
  ['a negative chunk size', post(['Transfer-Encoding: chunked'], `-1\r\n${smuggled}`)],
  [
    'a GET with a length',
    `GET / HTTP/1.1\r\nHost: ${publicHost}\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
  ],
  [
    'chunked in HTTP/1.0',
    post(['Transfer-Encoding: chunked'], chunk).replace('HTTP/1.1', 'HTTP/1.0'),
  ],
  [
    'a path with CR and LF',
    requestText('GET', '/a%0d%0aX:%20b%0d%0a%0d%0aGET%20/smuggled', { Host: publicHost }),
  ],
];

describe('request smuggling', { skip: withoutNginx }, () => {
  const ends: (() => unknown)[] = [];
  let replica: RecordingReplica;
  let nginx: Nginx;
  before(async () => {
    const lifetime = { after: (end: () => unknown) => void ends.push(end) };
    replica = await startRecordingReplica(lifetime);
    nginx = await startNginx(lifetime, [replica.port]);
  });
  after(async () => {
    for (const end of ends.toReversed()) await end();
  });

  for (const [what, request] of attacks) {
    test(`I08 ${what}: nothing in the body becomes a request of nginx`, async () => {
      const before = replica.lines().length;
      const { answers } = await exchangeWith(nginx, request, { endAfterSending: true });
      const mine = replica.lines().slice(before);
      assert.ok(mine.length <= 1 || isPipelined(mine), `passed on as ${mine.join(' and ')}`);
      for (const { status } of answers)
        assert.ok([200, 400, 413, 414, 501].includes(status), String(status));
      // What the replica's next request on the same connection is.
      const line = `GET /next-${before} HTTP/1.1`;
      const { answers: next } = await exchangeWith(
        nginx,
        `${line}\r\nHost: ${publicHost}\r\n\r\n`,
        {
          answers: 1,
        },
      );
      assert.equal(next[0]?.status, 200);
      assert.equal(replica.lines().at(-1), line);
    });
  }

  /** nginx itself took what follows an empty body as the next request, and so does the replica. */
  function isPipelined(lines: string[]): boolean {
    return lines.length === 2 && lines[1] === 'GET /smuggled HTTP/1.1';
  }

  test('I08 a chunked body reaches the replica with a length, and its trailers do not', async () => {
    const trailers = `5\r\nhello\r\n0\r\nX-Trailer: a\r\n\r\n`;
    const request = post(['Transfer-Encoding: chunked'], trailers);
    const { answers } = await exchangeWith(nginx, request, { answers: 1 });
    assert.equal(answers[0]?.status, 200);
    assert.match(replica.bytes(), /Content-Length: 5\r\n[\s\S]*\r\n\r\nhello/);
    assert.doesNotMatch(replica.bytes(), /Transfer-Encoding|X-Trailer/i);
  });

  test('I19 no upgrade goes through nginx, and an Expect is answered by it', async () => {
    const upgrades = {
      websocket: {
        Upgrade: 'websocket',
        Connection: 'Upgrade',
        'Sec-WebSocket-Key': 'dGhlIHNhbXBsZQ==',
      },
      h2c: {
        Upgrade: 'h2c',
        Connection: 'Upgrade, HTTP2-Settings',
        'HTTP2-Settings': 'AAMAAABkAAQA',
      },
      expect: { Expect: 'pigs that fly' },
      hops: { Connection: 'close, X-Forwarded-For, X-Request-ID' },
    };
    for (const [what, headers] of Object.entries(upgrades)) {
      const before = replica.bytes().length;
      const text = requestText('GET', '/upgrade', { Host: publicHost, ...headers });
      const { answers } = await exchangeWith(nginx, text, { answers: 1 });
      assert.equal(answers[0]?.status, 200, what);
      const passed = replica.bytes().slice(before);
      assert.doesNotMatch(passed, /^(upgrade|expect|connection|keep-alive|te):/im, what);
      assert.match(passed, /^X-Forwarded-For: 127\.0\.0\.1\r$/m);
      assert.match(passed, /^X-Request-ID: [0-9a-f-]{36}\r$/m);
    }
    const metrics = await ask(nginx, 'GET', '/metrics', { headers: upgrades.websocket });
    assert.equal(metrics.status, 404);
  });

  test('headers that nobody may forge do not arrive, or arrive as nginx wrote them', async () => {
    const before = replica.bytes().length;
    const forged = {
      'X-Forwarded-Proto': 'http',
      'X-Forwarded-Host': 'evil.example',
      'X-Forwarded-For': '198.51.100.1',
      Forwarded: 'for=198.51.100.1',
      'X-Real-IP': '198.51.100.1',
      'X-Original-URL': '/admin',
      'X-Rewrite-URL': '/admin',
      Proxy: 'evil.example',
      'X-HTTP-Method-Override': 'DELETE',
      'True-Client-IP': '198.51.100.1',
      'CF-Connecting-IP': '198.51.100.1',
      X_Forwarded_For: '198.51.100.1',
      Authorization: 'Bearer kept',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    };
    await exchangeWith(nginx, requestText('GET', '/', { Host: publicHost, ...forged }), {
      answers: 1,
    });
    const passed = replica.bytes().slice(before).trim().split('\r\n').slice(1).filter(Boolean);
    const names = passed.map((line) => line.split(':', 1)[0]?.toLowerCase());
    const kept = ['authorization', 'traceparent'];
    assert.deepEqual(names, [
      'host',
      'x-forwarded-for',
      'x-forwarded-proto',
      'x-request-id',
      ...kept,
    ]);
    assert.ok(
      passed.includes('X-Forwarded-Proto: https') && passed.includes('X-Forwarded-For: 127.0.0.1'),
    );
    assert.ok(passed.includes(`Host: ${publicHost}`));
  });
});

function post(headers: string[], body: string): string {
  return `POST / HTTP/1.1\r\nHost: ${publicHost}\r\n${headers.join('\r\n')}\r\n\r\n${body}`;
}
