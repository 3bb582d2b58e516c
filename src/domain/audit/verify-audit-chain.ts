import type { Dependencies } from '../dependencies.ts';
import type { AuditCheckpoint } from './audit-checkpoint.ts';

/** What is wrong, and where. `position` is that of the chain; null for an event outside it. */
export type AuditFinding = {
  kind:
    | 'event_changed'
    | 'event_removed'
    | 'event_and_entry_removed'
    | 'event_forged'
    | 'event_not_chained'
    | 'entry_changed'
    | 'reordered'
    | 'personal_field_changed'
    | 'personal_field_emptied'
    | 'end_removed'
    | 'mark_changed'
    | 'checkpoint_differs';
  position: string | null;
  event_id: string | null;
  /** One sentence for a person. */
  message: string;
};

export type AuditVerification = {
  ok: boolean;
  /** The first and the last position that were checked; null for an empty chain. */
  from: string | null;
  to: string | null;
  entries: number;
  /** Events that the next run of the chain job takes. */
  pending: number;
  /** At most 100 of them; `finding_count` is exact. */
  findings: AuditFinding[];
  finding_count: number;
  /** Sentences about what cannot be verified, because its key is gone, and about old checkpoints. */
  remarks: string[];
};

/**
 * Reads the whole chain in slices. `checkpoint`: the chain must still contain what it says.
 * `onProgress` gets the number of entries checked so far.
 */
export async function verifyAuditChain(
  _deps: Pick<Dependencies, 'db' | 'keys' | 'config'>,
  _options: { checkpoint?: AuditCheckpoint; onProgress?: (entries: number) => void } = {},
): Promise<AuditVerification> {
  throw new Error('follows');
}
