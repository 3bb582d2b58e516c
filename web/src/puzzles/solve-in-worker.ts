import { solvePuzzle } from '../../../client/src/solve-puzzle.ts';

/** Beside the page, which stays as quick as before; in it where the browser starts no worker. */
export function solveInWorker(puzzle: string, signal?: AbortSignal): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const address = document.querySelector<HTMLElement>('[data-puzzle-worker]')?.dataset.puzzleWorker;
  const worker = new Worker(address ?? '', { type: 'module' });
  const solveHere = () => void solvePuzzle(puzzle, signal).then(resolve, reject);
  worker.addEventListener('error', solveHere);
  worker.addEventListener('message', ({ data }: MessageEvent<string | null>) =>
    data === null ? solveHere() : resolve(data),
  );
  signal?.addEventListener('abort', () => reject(signal.reason as Error));
  worker.postMessage(puzzle);
  return promise.finally(() => worker.terminate());
}
