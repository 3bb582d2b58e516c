import type { Dependencies } from '../dependencies.ts';
import type { ChainMark } from './audit-chain-rows.ts';
import { type AuditCheckpoint, checkpointFault } from './audit-checkpoint.ts';
import { type AuditFinding, createFindings, type Findings } from './audit-findings.ts';
import { isGenuineMark, noHash } from './chain-entry.ts';
import { type Marks, readMarks, sliceOfEvents } from './chain-store.ts';
import { walkChain } from './walk-chain.ts';

export type AuditVerification = {
  ok: boolean;
  /** The first and the last position that were checked; null for an empty chain. */
  from: string | null;
  to: string | null;
  entries: number;
  /** Events that wait for the next run of the chain job. */
  pending: number;
  /** The first hundred; `finding_count` counts all. */
  findings: AuditFinding[];
  finding_count: number;
  /** Sentences about what could not be checked, because its key is gone or it is too old. */
  remarks: string[];
};

type Deps = Pick<Dependencies, 'db' | 'keys'>;

type Options = {
  /** The chain must still contain what it says. */
  checkpoint?: AuditCheckpoint | undefined;
  /** Gets the number of entries checked so far. */
  onProgress?: (entries: number) => void;
};

/**
 * Checks every entry and every event, in slices, while the service goes on. Finds what somebody
 * with access to the database changed; with a checkpoint also what somebody with the key rewrote.
 */
export async function verifyAuditChain(
  deps: Deps,
  options: Options = {},
): Promise<AuditVerification> {
  const findings = createFindings(deps.keys);
  const { marks, last } = await readMarks(deps.db);
  const remarks = checkMarks(deps, findings, marks, last);
  const { checkpoint } = options;
  if (checkpoint) remarks.push(...checkCheckpoint(deps, findings, checkpoint, marks));
  const walked = await walkChain(deps, findings, { ...options, marks, last });
  remarks.push(...walked.remarks);
  const pending = await checkUnchained(deps, findings);
  const { from, entries } = walked;
  const found = { findings: findings.list(), finding_count: findings.count() };
  const to = entries === 0 ? null : (last?.position ?? null);
  return { ok: findings.count() === 0, from, to, entries, pending, ...found, remarks };
}

type End = { position: string; hash: Buffer };

/** The signatures of the marks, and whether the chain ends where it should; gives remarks. */
export function checkMarks(
  { keys }: Deps,
  findings: Findings,
  marks: Marks,
  last: End | null,
): string[] {
  const { genesis, start, head } = marks;
  if (!genesis && !start && !head && !last) return [];
  const remarks: string[] = [];
  for (const kind of ['genesis', 'start', 'head'] as const) {
    const mark = marks[kind];
    const key = mark && keys.find(mark.key_id);
    if (mark && key === null)
      remarks.push(`The mark ${kind} cannot be checked: its key ${mark.key_id} is gone`);
    else if (!mark || !key || !isGenuineMark(key, mark))
      findings.add('mark_changed', {}, `The mark ${kind} was changed or removed`);
  }
  if (head) checkEnd(findings, head, last ?? start ?? { position: '0', hash: noHash });
  return remarks;
}

function checkEnd(findings: Findings, head: ChainMark, last: End): void {
  const [marked, found] = [BigInt(head.position), BigInt(last.position)];
  if (marked > found) {
    const message = `The entries from position ${found + 1n} to the end, ${marked}, were removed`;
    findings.add('entries_removed', { position: String(found + 1n) }, message);
  } else if (marked < found || !head.hash.equals(last.hash)) {
    findings.add(
      'mark_changed',
      { position: head.position },
      'The mark head does not fit the last entry',
    );
  }
}

/** Only what the walk does not see: its signature, and a position outside the chain. */
function checkCheckpoint(
  deps: Deps,
  findings: Findings,
  checkpoint: AuditCheckpoint,
  { start, head }: Marks,
): string[] {
  const { position, time } = checkpoint;
  const fault = checkpointFault(deps.keys, checkpoint);
  if (fault !== null) findings.add('checkpoint_differs', { position }, fault);
  if (BigInt(position) > BigInt(head?.position ?? 0)) {
    const message = `The chain ends before position ${position}, where it was at ${time}: its end was removed`;
    findings.add('checkpoint_differs', { position }, message);
  }
  if (!start || BigInt(position) > BigInt(start.position)) return [];
  if (position !== start.position)
    return [`The checkpoint at position ${position} is older than the events that are kept`];
  if (start.hash.toString('hex') !== checkpoint.hash) {
    const message = `The chain up to position ${position} is not the one of the checkpoint`;
    findings.add('checkpoint_differs', { position }, message);
  }
  return [];
}

const firstId = '00000000-0000-0000-0000-000000000000';
const sliceSize = 5000;

/** Finds events that are said to be in the chain and are not. Returns how many wait for it. */
async function checkUnchained({ db }: Deps, findings: Findings): Promise<number> {
  let pending = 0;
  for (let after = firstId; ; ) {
    const slice = await sliceOfEvents(db, after, sliceSize);
    for (const { id, is_chained: isChained, has_entry: hasEntry } of slice) {
      if (hasEntry) continue;
      if (!isChained) pending += 1;
      else
        findings.add(
          'event_not_chained',
          { event_id: id },
          `Event ${id} has no entry in the chain`,
        );
    }
    if (slice.length < sliceSize) return pending;
    after = slice.at(-1)?.id ?? firstId;
  }
}
