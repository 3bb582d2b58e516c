import type { z } from 'zod';
import { z as schema } from 'zod';
import type { Dependencies } from '../dependencies.ts';

/** One line of JSON to keep elsewhere. */
export const checkpointSchema = schema.object({
  format: schema.literal('adl-audit-checkpoint/1'),
  position: schema.string(),
  hash: schema.string(),
  time: schema.string(),
  key_id: schema.string(),
  public_key: schema.string(),
  signature: schema.string(),
});

export type AuditCheckpoint = z.output<typeof checkpointSchema>;

/** The signed head of the chain. Chains the events that wait first. Null if there is none yet. */
export async function issueCheckpoint(
  _deps: Pick<Dependencies, 'db' | 'keys' | 'logger'>,
): Promise<AuditCheckpoint | null> {
  throw new Error('follows');
}
