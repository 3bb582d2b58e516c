import type { Dependencies } from '../dependencies.ts';
import { type ChainedEvent, sliceOfChain } from './chain-store.ts';

const sliceSize = 500;

/**
 * The chained events in the order of the chain, as lines of NDJSON with their newline. `after` is
 * the `position` of the last line received. Reads one slice after the other and holds only one.
 */
export async function* exportAuditEvents(
  { db }: Pick<Dependencies, 'db'>,
  { after = '0' }: { after?: string } = {},
): AsyncGenerator<string> {
  for (let position = after; ; ) {
    const slice = await sliceOfChain(db, { after: position, limit: sliceSize });
    for (const chained of slice) yield `${JSON.stringify(lineOf(chained))}\n`;
    const last = slice.at(-1)?.entry.position;
    if (last === undefined || slice.length < sliceSize) return;
    position = last;
  }
}

/** An event that was removed has only its entry. */
function lineOf({ entry, event }: ChainedEvent): object {
  const { position, event_id: id, chained_at, is_sealed, key_id } = entry;
  const hex = { event_hash: entry.event_hash.toString('hex'), hash: entry.hash.toString('hex') };
  const chain = { chained_at, is_sealed, key_id, ...hex, mac: entry.mac.toString('hex') };
  if (event === null) return { position, id, is_removed: true, chain };
  const {
    is_chained: _,
    id: __,
    personal_salt,
    personal_digest,
    seal,
    seal_key_id,
    ...fields
  } = event;
  const bytes = {
    personal_salt: personal_salt?.toString('hex') ?? null,
    personal_digest: personal_digest?.toString('hex') ?? null,
    seal_key_id,
    seal: seal?.toString('hex') ?? null,
  };
  return { position, id, ...fields, ...bytes, chain };
}
