/**
 * Measures again where the bar is not met, so many times at most: another process on the machine makes one
 * measurement slow, a server that is slow makes all of them slow. Gives the best.
 */
export async function bestOf(times: number, bar: number, measure: () => Promise<number>): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let time = 0; time < times && best >= bar; time += 1) best = Math.min(best, await measure());
  return best;
}
