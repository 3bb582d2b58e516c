import type { KeyRing } from '../../platform/crypto/secret-keys.ts';
import type { ChainEntry } from './audit-chain-rows.ts';
import { isGenuine } from './chain-entry.ts';

/** What is wrong, and where. `position` is that of the chain; null for an event outside it. */
export type AuditFinding = {
  kind:
    | 'event_changed'
    | 'event_removed'
    | 'event_forged'
    | 'event_not_chained'
    | 'entry_changed'
    | 'entries_removed'
    | 'entries_exchanged'
    | 'entries_unproven'
    | 'personal_field_changed'
    | 'personal_field_emptied'
    | 'mark_changed'
    | 'break_recorded'
    | 'checkpoint_differs';
  position: string | null;
  event_id: string | null;
  /** One sentence for a person. */
  message: string;
};

type Kind = AuditFinding['kind'];
type Place = { position?: string; event_id?: string };

export type Findings = {
  add(kind: Kind, place: Place, message: string): void;
  /** An entry whose keyed hash does not fit it. */
  addChangedEntry(entry: ChainEntry): void;
  list(): AuditFinding[];
  count(): number;
};

const mostFindings = 100;

export function createFindings(keys: KeyRing): Findings {
  const findings: AuditFinding[] = [];
  const changed = new Map<AuditFinding, ChainEntry>();
  let count = 0;
  const add = (kind: Kind, { position, event_id }: Place, message: string): AuditFinding => {
    const finding = { kind, position: position ?? null, event_id: event_id ?? null, message };
    count += 1;
    if (findings.length < mostFindings) findings.push(finding);
    return finding;
  };
  return {
    add,
    addChangedEntry: (entry) => {
      const { position, event_id } = entry;
      const message = `The entry at position ${position}, of event ${event_id}, was changed`;
      const finding = add('entry_changed', { position, event_id }, message);
      if (changed.size < mostFindings) changed.set(finding, entry);
    },
    list: () => findings.map((finding) => withOrigin(keys, finding, changed)),
    count: () => count,
  };
}

/** Tells where a changed entry came from, if that was the position of another changed one. */
function withOrigin(
  keys: KeyRing,
  finding: AuditFinding,
  changed: ReadonlyMap<AuditFinding, ChainEntry>,
): AuditFinding {
  const entry = changed.get(finding);
  const key = entry && keys.find(entry.key_id);
  if (!entry || !key) return finding;
  for (const { position, event_id } of changed.values()) {
    const isMoved = isGenuine(key, { ...entry, position });
    if (!isMoved && !isGenuine(key, { ...entry, event_id })) continue;
    const message = isMoved
      ? `The entry at position ${entry.position}, of event ${entry.event_id}, belongs at position ${position}`
      : `The entry at position ${entry.position} names event ${entry.event_id} in place of ${event_id}`;
    return { ...finding, kind: 'entries_exchanged', message };
  }
  return finding;
}
