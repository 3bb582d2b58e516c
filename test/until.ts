import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

/** Fails with that text unless it is so within ten seconds. */
export async function until(isSo: () => boolean, what: string): Promise<void> {
  const end = performance.now() + 10_000;
  while (!isSo()) {
    assert.ok(performance.now() < end, what);
    await sleep(5);
  }
}
