import type { Dependencies } from '../dependencies.ts';

/**
 * The chained events in the order of the chain, as lines of NDJSON with their newline. `after`: the
 * `position` of the last line that was received. Reads in slices and holds one of them.
 */
export async function* exportAuditEvents(
  _deps: Pick<Dependencies, 'db'>,
  _options: { after?: string } = {},
): AsyncGenerator<string> {
  yield '';
  throw new Error('follows');
}
