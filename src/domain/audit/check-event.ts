import { equalSecrets } from '../../platform/crypto/secret-keys.ts';
import type { ChainMark } from './audit-chain-rows.ts';
import type { Findings } from './audit-findings.ts';
import type { ChainedEvent, StoredEvent } from './chain-store.ts';
import { eventHash, personalDigest } from './event-seal.ts';

type Known = { genesis: ChainMark | undefined; erased: ReadonlySet<string> };

// How long processes of a release that does not seal its events may still run after an upgrade.
const upgradeMilliseconds = 24 * 60 * 60 * 1000;

/** Compares an event with its genuine entry. `erased` are the events that an erasure explains. */
export function checkEvent(findings: Findings, { entry, event }: ChainedEvent, known: Known): void {
  const { position, event_id } = entry;
  const place = { position, event_id };
  if (event === null) {
    findings.add('event_removed', place, `Event ${event_id} at position ${position} was removed`);
    return;
  }
  if (!eventHash(event).equals(entry.event_hash)) {
    findings.add('event_changed', place, `Event ${event_id} at position ${position} was changed`);
    return;
  }
  if (!entry.is_sealed && !isOfUpgrade(entry.chained_at, known.genesis)) {
    const problem = 'has no seal of the service: it was inserted, or changed before it was chained';
    findings.add('event_forged', place, `Event ${event_id} at position ${position} ${problem}`);
  }
  if (event.event === 'audit_chain_broken') {
    const message = `Event ${event_id} of ${event.occurred_at} records that the chain had been changed before`;
    findings.add('break_recorded', place, message);
  }
  checkPersonal(findings, event, place, known.erased);
}

function isOfUpgrade(chainedAt: string, genesis: ChainMark | undefined): boolean {
  return (
    genesis !== undefined &&
    Date.parse(chainedAt) - Date.parse(genesis.marked_at) < upgradeMilliseconds
  );
}

function checkPersonal(
  findings: Findings,
  event: StoredEvent,
  place: { position: string; event_id: string },
  erased: ReadonlySet<string>,
): void {
  const { personal_salt: salt, personal_digest: digest, ip, request_id } = event;
  const where = `of event ${place.event_id} at position ${place.position}`;
  if (salt === null && ip === null && request_id === null) {
    if (erased.has(event.id)) return;
    const message = `The personal fields ${where} are empty, and no erasure of its account is recorded`;
    findings.add('personal_field_emptied', place, message);
  } else if (
    salt === null ||
    digest === null ||
    !equalSecrets(personalDigest(salt, event), digest)
  ) {
    findings.add('personal_field_changed', place, `A personal field ${where} was changed`);
  }
}
