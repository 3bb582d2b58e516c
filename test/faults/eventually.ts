import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves with the milliseconds taken once the check passes; throws if it does not in time. */
export async function eventually(
  what: string,
  check: () => boolean | Promise<boolean>,
  timeoutMs = 10_000,
): Promise<number> {
  const started = performance.now();
  while (!(await check())) {
    if (performance.now() - started > timeoutMs)
      throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await sleep(20);
  }
  return performance.now() - started;
}
