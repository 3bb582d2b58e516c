import { Readable } from 'node:stream';
import type { Assembly } from '../../access/route-dependencies.ts';
import { recordEvent } from '../../domain/audit/record-event.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { partyOf, userRealm } from '../../domain/realms/realms.ts';
import type { Caller } from '../../domain/sessions/session-store.ts';
import { requireWithinThrottle } from '../../domain/throttles/require-within-throttle.ts';
import type { ThrottlePolicy } from '../../domain/throttles/throttle-policy.ts';
import { durations } from '../../platform/durations.ts';
import { writeExport } from './write-export.ts';

export const exportLimit: ThrottlePolicy = {
  name: 'data-export',
  limit: 5,
  windowSeconds: durations.hours(1),
  keysOf: ({ kind, id }) => [`${kind}\0${id}`],
};

/** All that is stored about the caller, streamed: it may not fit into memory. Throws 429. */
export async function exportData(
  deps: Dependencies & Assembly,
  { account }: Caller,
): Promise<Readable> {
  const subject = partyOf(userRealm, account.id);
  await requireWithinThrottle(deps, exportLimit, `${subject.kind}\0${subject.id}`, subject);
  await recordEvent(deps, deps.db, { event: 'data_exported', subject });
  const { username, email } = account;
  return Readable.from(writeExport(deps, { ...subject, username, email }), { objectMode: false });
}
