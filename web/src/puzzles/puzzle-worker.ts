import { solvePuzzle } from '../../../client/src/solve-puzzle.ts';

/** In a Web Worker: solves what it is sent, and answers null where it cannot. */
addEventListener('message', ({ data }: MessageEvent<string>) => {
  void solvePuzzle(data)
    .catch(() => null)
    .then((solution) => postMessage(solution));
});
