import { setTimeout as sleep } from 'node:timers/promises';

/** Calls `onSilence`, and awaits it, where nothing has become of `answer` by then; an answer that fails is one. */
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
