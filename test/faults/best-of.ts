/**
 * Repeats a measurement that misses its bar, up to the given number of times: another process on
 * the machine can slow one of them, but a slow server slows all. Returns the best.
 */
export async function bestOf(
  times: number,
  bar: number,
  measure: () => Promise<number>,
): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let time = 0; time < times && best >= bar; time += 1) best = Math.min(best, await measure());
  return best;
}
