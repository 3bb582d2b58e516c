import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { describe, test } from 'node:test';
import { requestText } from '../raw-http.ts';
import { assertSoundAnswer } from '../sound-answer.ts';
import { exchangeWith } from './client.ts';
import { publicHost, startNginx, withoutNginx } from './nginx.ts';
import { startRecordingReplica } from './recording-replica.ts';

const broken: [what: string, status: number, error: string, act: (socket: Socket) => void][] = [
  ['never answers', 504, 'TimeoutError', () => {}],
  [
    'sends a broken header',
    503,
    'ServiceUnavailableError',
    (socket) => void socket.write('HTTP/1.1 200 OK\r\n: x\r\n\r\n'),
  ],
  ['closes without an answer', 503, 'ServiceUnavailableError', (socket) => void socket.destroy()],
];

describe('nginx before a replica that is broken', { skip: withoutNginx, concurrency: true }, () => {
  for (const [what, status, error, act] of broken) {
    test(`J01 one that ${what}: ${status} in JSON with the eight headers, each once`, async (t) => {
      const replica = await startRecordingReplica(t, act);
      const nginx = await startNginx(t, [replica.port]);
      const [method, path] = ['POST', '/api/users/login'];
      const text = requestText(
        method,
        path,
        { Host: publicHost, 'Content-Type': 'application/json' },
        '{}',
      );
      const { answers } = await exchangeWith(nginx, text, { answers: 1, seconds: 25 });
      const [answer] = answers;
      assert.ok(answer);
      assert.deepEqual(
        [answer.status, answer.body.error, answer.body.status_code],
        [status, error, status],
      );
      assertSoundAnswer(answer, { method, path, breaks: true });
      assert.equal(answer.headers['retry-after'], status === 503 ? '2' : undefined);
      // A POST that was sent is not repeated.
      assert.equal(replica.lines().length, 1);
    });
  }
});
