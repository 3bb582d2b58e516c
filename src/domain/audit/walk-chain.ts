import type { Dependencies } from '../dependencies.ts';
import type { ChainEntry } from './audit-chain-rows.ts';
import type { AuditCheckpoint } from './audit-checkpoint.ts';
import type { Findings } from './audit-findings.ts';
import { isGenuine, isGenuineMark, linkHash, noHash } from './chain-entry.ts';
import {
  type ChainedEvent,
  erasedAmong,
  type Marks,
  readMarks,
  sliceOfChain,
} from './chain-store.ts';
import { checkEvent } from './check-event.ts';

type Deps = Pick<Dependencies, 'db' | 'keys'>;

type Walk = {
  marks: Marks;
  /** The last entry at the beginning: later ones belong to the next verification. */
  last: ChainEntry | null;
  /** Begins after this entry, which is taken as it is, and not where the chain begins. */
  anchor?: ChainEntry | undefined;
  checkpoint?: AuditCheckpoint | undefined;
  onProgress?: (entries: number) => void;
};

/** Where the walk is: after this entry. */
type State = {
  position: string;
  /** Null after an entry that was changed: then nothing is known about the link to it. */
  hash: Buffer | null;
  gone: GoneRun[];
};

/** Entries whose key is gone. A later entry of a known key proves them if the links lead back. */
type GoneRun = { keyId: string; from: string; to: string; proof: 'open' | 'given' | 'cut off' };

const sliceSize = 1000;

/** Checks the entries from the first to the last, each with its event. */
export async function walkChain(
  deps: Deps,
  findings: Findings,
  { marks, last, anchor, checkpoint, onProgress }: Walk,
): Promise<{ from: string | null; entries: number; remarks: string[] }> {
  const { position, hash } = anchor ?? marks.start ?? { position: '0', hash: noHash };
  const state: State = { position, hash, gone: [] };
  let [from, entries]: [string | null, number] = [null, 0];
  for (let isMore = last !== null; isMore; ) {
    const after = { after: state.position, upTo: last?.position ?? '0', limit: sliceSize };
    const slice = await sliceOfChain(deps.db, after);
    const emptied = slice.flatMap(({ event }) => (event?.personal_salt === null ? event.id : []));
    const known = { genesis: marks.genesis, erased: await erasedAmong(deps.db, emptied) };
    for (const chained of slice) {
      if (await checkEntry(deps, findings, state, chained.entry))
        checkEvent(findings, chained, known);
      if (checkpoint) compare(findings, checkpoint, chained);
    }
    from ??= slice[0]?.entry.position ?? null;
    entries += slice.length;
    onProgress?.(entries);
    isMore = slice.length === sliceSize;
  }
  return { from, entries, remarks: remarksOf(deps, findings, state, marks) };
}

/** False if the entry was changed, so that it says nothing about its event. */
async function checkEntry(
  deps: Deps,
  findings: Findings,
  state: State,
  entry: ChainEntry,
): Promise<boolean> {
  if (BigInt(entry.position) !== BigInt(state.position) + 1n)
    await checkGap(deps, findings, state, entry);
  const key = deps.keys.find(entry.key_id);
  const isLinked = state.hash === null ? null : linkHash(state.hash, entry).equals(entry.hash);
  const isSound = key === null ? isLinked !== false : isGenuine(key, entry);
  if (!isSound) findings.addChangedEntry(entry);
  else if (key === null) noteGone(state, entry);
  else if (isLinked === false) {
    const { position } = state;
    const message = `The entry at position ${position} is not the one that the next was chained to`;
    findings.add('entry_changed', { position }, message);
  }
  if (isSound && key !== null && isLinked) settle(state, 'given');
  state.position = entry.position;
  state.hash = entry.hash;
  if (!isSound) loseLink(state);
  return isSound;
}

/** Entries are missing, unless the service itself deleted them while the walk went on. */
async function checkGap(
  { db, keys }: Deps,
  findings: Findings,
  state: State,
  { position }: ChainEntry,
): Promise<void> {
  loseLink(state);
  const before = BigInt(position) - 1n;
  const { start } = (await readMarks(db)).marks;
  const key = start && keys.find(start.key_id);
  if (start && key && isGenuineMark(key, start) && BigInt(start.position) >= before) {
    if (BigInt(start.position) === before) state.hash = start.hash;
    return;
  }
  const first = BigInt(state.position) + 1n;
  const range = first === before ? `at position ${first}` : `from position ${first} to ${before}`;
  findings.add('entries_removed', { position: String(first) }, `What was ${range} was removed`);
}

function loseLink(state: State): void {
  state.hash = null;
  settle(state, 'cut off');
}

function settle({ gone }: State, proof: GoneRun['proof']): void {
  for (const run of gone) if (run.proof === 'open') run.proof = proof;
}

function noteGone({ gone }: State, { key_id: keyId, position }: ChainEntry): void {
  const run = gone.at(-1);
  if (run?.keyId === keyId && run.proof === 'open') run.to = position;
  else gone.push({ keyId, from: position, to: position, proof: 'open' });
}

function compare(findings: Findings, checkpoint: AuditCheckpoint, { entry }: ChainedEvent): void {
  const { position } = entry;
  if (position !== checkpoint.position || entry.hash.toString('hex') === checkpoint.hash) return;
  const message = `The chain up to position ${position} is not the one of the checkpoint: it was rewritten`;
  findings.add('checkpoint_differs', { position }, message);
}

function remarksOf(
  { keys }: Deps,
  findings: Findings,
  { gone, hash }: State,
  { head }: Marks,
): string[] {
  const key = head && keys.find(head.key_id);
  const isEndProven =
    head && key && isGenuineMark(key, head) && hash !== null && head.hash.equals(hash);
  return gone.map(({ keyId, from, to, proof }) => {
    const range = `Positions ${from} to ${to} cannot be verified by their key ${keyId}, which is gone`;
    if (proof === 'given' || (proof === 'open' && isEndProven))
      return `${range}; later entries prove them`;
    findings.add(
      'entries_unproven',
      { position: from },
      `${range}, and no later entry proves them`,
    );
    return range;
  });
}
