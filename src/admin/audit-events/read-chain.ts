import { z } from 'zod';
import type { RouteDependencies } from '../../access/route-dependencies.ts';
import { countForMetrics } from '../../domain/audit/chain-store.ts';
import { findLastVerification } from '../../domain/audit/record-verification.ts';
import { recentEntries, verifyRecentEntries } from '../../domain/audit/verify-recent-entries.ts';
import { timestamp } from '../../platform/http/schemas.ts';

// Whatever somebody wrote into the table: it must not keep the answer from being given.
const position = z.string().max(20).meta({ example: '4711' });
const count = z.int().min(0);

export const auditChainSchema = z
  .object({
    end: z
      .object({ position, chained_at: timestamp.nullable() })
      .nullable()
      .describe('The last entry; null before the first'),
    pending: count.describe('Events that wait to be chained; counted up to 100,000'),
    breaks: count.describe('How often the job found the end changed from outside'),
    recent: z
      .object({
        entries: count,
        is_sound: z.boolean(),
        findings: z
          .array(
            z.object({
              kind: z.string().max(40).meta({ example: 'event_changed' }),
              position: position.nullable(),
              message: z.string().max(500),
            }),
          )
          .max(100),
      })
      .describe(`The newest ${recentEntries} entries, checked for this answer`),
    last_verification: z
      .object({ at: timestamp, is_sound: z.boolean(), entries: count })
      .nullable()
      .describe('When `adl audit verify` last went through the whole chain; null if never'),
  })
  .meta({ id: 'AuditChain' });

/** The state of the audit log's chain, from a check that is bounded: the rest is a command's. */
export async function readChain(
  deps: Pick<RouteDependencies, 'db' | 'keys'>,
): Promise<z.output<typeof auditChainSchema>> {
  const { ok, entries, findings, end } = await verifyRecentEntries(deps);
  const { unchained: pending, breaks } = await countForMetrics(deps.db);
  const last = await findLastVerification(deps);
  return {
    end: end && { position: end.position, chained_at: timeOrNull(end.chained_at) },
    pending,
    breaks,
    recent: {
      entries,
      is_sound: ok,
      findings: findings.map(({ kind, position: at, message }) => ({
        kind,
        position: at,
        message,
      })),
    },
    last_verification: last && {
      at: last.at.toISOString(),
      is_sound: last.isSound,
      entries: last.entries,
    },
  };
}

function timeOrNull(time: string): string | null {
  return timestamp.safeParse(time).success ? time : null;
}
