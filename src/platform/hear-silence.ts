import { setTimeout as sleep } from 'node:timers/promises';

/** Calls and awaits `onSilence` if `answer` has neither resolved nor rejected by then. */
export async function hearSilence(
  answer: Promise<unknown>,
  milliseconds: number,
  onSilence: () => Promise<void>,
): Promise<void> {
  const settled = answer.then(
    () => true,
    () => true,
  );
  const isSettled = await Promise.race([settled, sleep(milliseconds, false, { ref: false })]);
  if (!isSettled) await onSilence();
}
