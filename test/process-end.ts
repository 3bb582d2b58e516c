const cleanups = new Set<() => void>();
const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
let isWatching = false;

/**
 * Runs the function when this process ends by itself, by an uncaught error or by a signal that can
 * be caught; the last one registered first. It must be synchronous. Returns the function that takes
 * it back.
 */
export function atProcessEnd(cleanup: () => void): () => void {
  cleanups.add(cleanup);
  if (!isWatching) watch();
  return () => void cleanups.delete(cleanup);
}

function watch(): void {
  isWatching = true;
  process.on('exit', runCleanups);
  for (const signal of signals) process.on(signal, endBySignal);
}

/**
 * The listener goes only after the work: timeout(1) signals twice, and the second one would end
 * this half done.
 */
function endBySignal(signal: NodeJS.Signals): void {
  runCleanups();
  process.off(signal, endBySignal);
  process.kill(process.pid, signal);
}

function runCleanups(): void {
  for (const cleanup of Array.from(cleanups).toReversed()) {
    cleanups.delete(cleanup);
    try {
      cleanup();
    } catch (error) {
      console.error(error);
    }
  }
}
