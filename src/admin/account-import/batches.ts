import { foldCase } from '../../platform/fold-case.ts';
import type { Row } from './read-row.ts';

/** Rows of consecutive lines: those after `fromLine`, up to `toLine`. */
export type Batch = { rows: Row[]; fromLine: number; toLine: number };

/** Writes a batch, but does not commit it before its turn. False if the import stops within it. */
export type WriteBatch = (batch: Batch, turn: Promise<unknown>) => Promise<boolean>;

export type Limits = { mostRows: number; readonly mostAtOnce: number };

type Running = { names: Set<string>; written: Promise<boolean> };

export type Batches = {
  /** True if the batch is full, and has to be written. */
  readonly add: (row: Row) => boolean;
  /** The lines up to here are decided, even if none of them is added. */
  readonly advanceTo: (line: number) => void;
  /** Returns when the batch is being written. False if the import has stopped within one before. */
  readonly write: () => Promise<boolean>;
  /** Writes the rest and waits for all. */
  readonly finish: () => Promise<boolean>;
  /** Waits until none is being written, whatever becomes of them. */
  readonly settle: () => Promise<void>;
};

/**
 * Writes a few batches at once, while the next is read; they are committed in the order of the
 * file. Batches that share a name take turns: the later one would wait in the database for the
 * earlier one, which waits for its turn.
 */
export function collectBatches(fromLine: number, limits: Limits, writeBatch: WriteBatch): Batches {
  let batch: Batch = { rows: [], fromLine, toLine: fromLine };
  const running: Running[] = [];
  let hasStopped = false;
  const awaitOldest = async (): Promise<void> => {
    const goesOn = await running.shift()?.written;
    hasStopped ||= goesOn === false;
  };
  const write = async (): Promise<boolean> => {
    const names = namesOf(batch.rows);
    const mustWait = () =>
      running.length >= limits.mostAtOnce ||
      running.some((other) => !other.names.isDisjointFrom(names));
    while (mustWait()) await awaitOldest();
    if (hasStopped) return false;
    const written = writeBatch(batch, running.at(-1)?.written ?? Promise.resolve());
    // Whoever awaits it hears of it.
    written.catch(() => {});
    running.push({ names, written });
    batch = { rows: [], fromLine: batch.toLine, toLine: batch.toLine };
    return true;
  };
  return {
    add: (row) => {
      batch.rows.push(row);
      batch.toLine = row.lastLine;
      return batch.rows.length >= limits.mostRows;
    },
    advanceTo: (line) => {
      batch.toLine = line;
    },
    write,
    finish: async () => {
      if (batch.toLine > batch.fromLine) await write();
      while (running.length > 0) await awaitOldest();
      return !hasStopped;
    },
    settle: async () => void (await Promise.allSettled(running.map(({ written }) => written))),
  };
}

/** What is unique, so that no two kinds can be the same: a username has neither @ nor blank. */
function namesOf(rows: readonly Row[]): Set<string> {
  const names = new Set<string>();
  for (const { account } of rows) {
    names.add(foldCase(account.email));
    if (account.username !== null) names.add(foldCase(account.username));
    if (account.legacy_id !== null) names.add(` ${account.legacy_id}`);
  }
  return names;
}

export function halvesOf(batch: Batch): [Batch, Batch] {
  const middle = Math.ceil(batch.rows.length / 2);
  const [rows, rest] = [batch.rows.slice(0, middle), batch.rows.slice(middle)];
  const toLine = rows.at(-1)?.lastLine ?? batch.fromLine;
  return [
    { ...batch, rows, toLine },
    { ...batch, rows: rest, fromLine: toLine },
  ];
}
