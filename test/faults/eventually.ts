import { setTimeout as sleep } from 'node:timers/promises';

/** Comes back, with the milliseconds it took, once the check holds; throws where it does not in time. */
export async function eventually(
  what: string,
  check: () => boolean | Promise<boolean>,
  timeoutMs = 10_000,
): Promise<number> {
  const started = performance.now();
  while (!(await check())) {
    if (performance.now() - started > timeoutMs) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await sleep(20);
  }
  return performance.now() - started;
}
