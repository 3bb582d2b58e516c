import { ApiError } from './errors.ts';
import { type Received, type Request, type Sending, send } from './send.ts';

/** Solves a puzzle; the text goes back as it is. */
export type SolvePuzzle = (puzzle: string, signal?: AbortSignal) => Promise<string>;

/** A puzzle may have expired, or the load may have risen, while it was solved. */
const mostPuzzles = 3;

/**
 * The same as `send`; a request that is answered with a puzzle is sent again with its solution.
 * That answer came before any work, so that nothing is done twice.
 */
export async function sendWithPuzzle(
  to: Sending & { solvePuzzle: SolvePuzzle },
  request: Request,
): Promise<Received> {
  let headers = request.headers;
  for (let left = mostPuzzles; ; left -= 1) {
    try {
      return await send(to, { ...request, ...(headers && { headers }) });
    } catch (error) {
      if (!(error instanceof ApiError) || error.puzzle === null || left === 0) throw error;
      const solution = await to.solvePuzzle(error.puzzle, request.signal);
      headers = { ...request.headers, 'x-puzzle-solution': solution };
    }
  }
}
