import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { MessagePort } from 'node:worker_threads';
import type { TestApp } from './test-app.ts';

/**
 * Occupies the only thread with a job that starts when the returned function is called; that
 * function resolves when the job is done.
 */
export function occupyThread(t: TestContext, { hasher }: TestApp): () => Promise<unknown> {
  let begin = (): void => assert.fail('no job was posted');
  const hold = function (this: MessagePort, ...given: [value: unknown]): void {
    // The job always starts, and only once: a thread held forever would keep the service from
    // closing.
    begin = () => {
      this.postMessage(...given);
      begin = () => {};
    };
  };
  t.mock.method(MessagePort.prototype, 'postMessage', hold, { times: 1 });
  t.after(() => begin());
  const occupied = hasher.hash('x', '127.0.0.2');
  return () => {
    begin();
    return occupied;
  };
}
