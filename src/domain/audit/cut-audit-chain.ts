import { type Transaction, transact } from '../../platform/database/database.ts';
import type { Dependencies } from '../dependencies.ts';
import type { ChainEntry } from './audit-chain-rows.ts';
import { isGenuine, linkHash, noHash, signMark } from './chain-entry.ts';
import {
  type ChainedEvent,
  deleteUpTo,
  lockChain,
  putMark,
  readMarks,
  readTime,
  sliceOfChain,
} from './chain-store.ts';
import { eventHash } from './event-seal.ts';

type Deps = Pick<Dependencies, 'db' | 'keys' | 'config'>;

const sliceSize = 1000;

/** Deletes events older than `AUDIT_RETENTION_DAYS` and signs where the rest begins. */
export async function cutAuditChain(deps: Deps, slices = 5): Promise<void> {
  for (let count = 0; count < slices; count += 1) {
    if (!(await transact(deps.db, (trx) => cutSlice(deps, trx)))) return;
  }
}

/** True if a whole slice was old. */
async function cutSlice({ keys, config }: Deps, trx: Transaction): Promise<boolean> {
  if (!(await lockChain(trx))) return false;
  const { start } = (await readMarks(trx)).marks;
  const slice = await sliceOfChain(trx, { after: start?.position ?? '0', limit: sliceSize });
  const before = await readTime(trx, config.auditRetentionDays);
  const last = lastOld({ keys }, slice, start?.hash ?? noHash, before);
  if (last === null) return false;
  await deleteUpTo(trx, last.position);
  const { position, hash } = last;
  await putMark(
    trx,
    signMark(keys.current, { kind: 'start', position, hash, marked_at: await readTime(trx) }),
  );
  return position === slice.at(-1)?.entry.position && slice.length === sliceSize;
}

/**
 * The last entry before the first young one. An entry that was changed counts neither way: a time
 * that somebody set back must not make the service delete the event.
 */
function lastOld(
  { keys }: Pick<Deps, 'keys'>,
  slice: readonly ChainedEvent[],
  start: Buffer,
  before: string,
): ChainEntry | null {
  let last: ChainEntry | null = null;
  let previous = start;
  for (const { entry, event } of slice) {
    const key = keys.find(entry.key_id);
    const isSound =
      key === null ? linkHash(previous, entry).equals(entry.hash) : isGenuine(key, entry);
    if (isSound && event !== null && eventHash(event).equals(entry.event_hash)) {
      if (event.occurred_at >= before) return last;
      last = entry;
    }
    previous = entry.hash;
  }
  return last;
}
