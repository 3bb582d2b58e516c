declare module '../../platform/database/database.ts' {
  interface Tables {
    audit_chain: ChainEntryRow;
    audit_marks: ChainMarkRow;
  }
}

/** `position` is an int8 and therefore text. */
type ChainEntryRow = {
  position: string;
  event_id: string;
  event_hash: Buffer;
  is_sealed: boolean;
  chained_at: Date;
  key_id: string;
  hash: Buffer;
  mac: Buffer;
};

export type MarkKind = 'genesis' | 'start' | 'head';

type ChainMarkRow = {
  kind: MarkKind;
  position: string;
  hash: Buffer;
  marked_at: Date;
  key_id: string;
  mac: Buffer;
};

/** An entry as it is hashed: times are text, because a Date would drop the microseconds. */
export type ChainEntry = Omit<ChainEntryRow, 'chained_at'> & { chained_at: string };
export type ChainMark = Omit<ChainMarkRow, 'marked_at'> & { marked_at: string };
