import type { SecretKeys } from '../../platform/crypto/secret-keys.ts';
import { type Transaction, transact } from '../../platform/database/database.ts';
import type { Dependencies } from '../dependencies.ts';
import type { ChainMark } from './audit-chain-rows.ts';
import { isGenuineMark, linkEntry, noHash, signMark } from './chain-entry.ts';
import {
  hasUnchainedEvents,
  insertEntries,
  isOfOtherProcess,
  lockChain,
  markChained,
  putMark,
  readMarks,
  readTime,
  type StoredEvent,
  storeDigest,
  takeUnchained,
} from './chain-store.ts';
import { digestPersonal, eventHash, isSealed } from './event-seal.ts';
import { recordEvent } from './record-event.ts';

type Deps = Pick<Dependencies, 'db' | 'keys' | 'logger'>;

/** Events in one transaction. Small, because the embedded database serves nobody else meanwhile. */
const batchSize = 200;

/**
 * Gives each committed event its position and chains it to the one before, in the order in which
 * the job finds them: events commit in another order than their times and ids. Does nothing while
 * another process does it. Leaves the rest of a large backlog to the next run.
 */
export async function chainAuditEvents(deps: Deps, batches = 50): Promise<void> {
  for (let count = 0; count < batches; count += 1) {
    if (!(await hasUnchainedEvents(deps.db))) return;
    if ((await transact(deps.db, (trx) => chainBatch(deps, trx))) < batchSize) return;
  }
}

/** Returns how many events it took. */
async function chainBatch(deps: Deps, trx: Transaction): Promise<number> {
  if (!(await lockChain(trx))) return 0;
  const keyIds = deps.keys.all.map(({ kid }) => kid);
  if (await isOfOtherProcess(trx, keyIds)) return 0;
  const time = await readTime(trx);
  const end = await endOfChain(deps, trx, time);
  const events = await takeUnchained(trx, keyIds, batchSize);
  if (events.length === 0) return 0;
  const entries = [];
  let { position, hash } = end;
  for (const event of events.filter(({ chained_position: chained }) => chained === null)) {
    const digested = await withDigest(trx, event);
    const fields = {
      position: String(BigInt(position) + 1n),
      event_id: event.id,
      event_hash: eventHash(digested),
      is_sealed: isSealed(deps.keys, event),
      chained_at: time,
    };
    const entry = linkEntry(deps.keys.current, hash, fields);
    entries.push(entry);
    ({ position, hash } = entry);
  }
  await insertEntries(trx, entries);
  await markChained(
    trx,
    events.map(({ id }) => id),
  );
  await putMark(
    trx,
    signMark(deps.keys.current, { kind: 'head', position, hash, marked_at: time }),
  );
  return events.length;
}

async function withDigest(trx: Transaction, event: StoredEvent): Promise<StoredEvent> {
  if (event.personal_digest !== null) return event;
  const digest = digestPersonal(event);
  await storeDigest(trx, event.id, digest);
  return { ...event, ...digest };
}

type End = { position: string; hash: Buffer };

/**
 * Where the next entry goes. Where the end is not as the job left it, somebody else changed the
 * chain: the job records that and goes on after the highest position, so that a gap remains.
 */
async function endOfChain(deps: Deps, trx: Transaction, time: string): Promise<End> {
  const { marks, last } = await readMarks(trx);
  const { head, start, genesis } = marks;
  if (!last && !head && !genesis) return startChain(deps.keys.current, trx, time);
  const fault = faultOf(deps, head, last ?? start);
  if (head && fault === null) return head;
  await recordBreak(deps, trx, fault);
  // A mark that the job signed is the truth, even if the entries up to it are gone.
  if (head && fault !== 'mark_changed' && BigInt(head.position) >= BigInt(last?.position ?? 0))
    return head;
  return last ?? head ?? { position: '0', hash: noHash };
}

async function startChain(keys: SecretKeys, trx: Transaction, time: string): Promise<End> {
  const beginning = { position: '0', hash: noHash, marked_at: time };
  for (const kind of ['genesis', 'start'] as const)
    await putMark(trx, signMark(keys, { kind, ...beginning }));
  return beginning;
}

type Fault = 'mark_changed' | 'entries_changed' | 'key_gone';

function faultOf({ keys }: Deps, head: ChainMark | undefined, last: End | undefined): Fault | null {
  if (!head || !last) return 'mark_changed';
  const key = keys.find(head.key_id);
  if (key === null) return 'key_gone';
  if (!isGenuineMark(key, head)) return 'mark_changed';
  return head.position === last.position && head.hash.equals(last.hash) ? null : 'entries_changed';
}

async function recordBreak(deps: Deps, trx: Transaction, reason: Fault | null): Promise<void> {
  deps.logger.error(
    { reason },
    'The chain of audit events is not as the service left it: `adl audit verify`',
  );
  const details = reason === null ? {} : { reason };
  await recordEvent(deps, trx, { event: 'audit_chain_broken', outcome: 'failure', details });
}
