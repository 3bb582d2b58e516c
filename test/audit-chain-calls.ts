import assert from 'node:assert/strict';
import { randomUUIDv7 } from 'node:crypto';
import { chainAuditEvents } from '../src/domain/audit/chain-audit-events.ts';
import { recordEvent } from '../src/domain/audit/record-event.ts';
import {
  type AuditVerification,
  verifyAuditChain,
} from '../src/domain/audit/verify-audit-chain.ts';
import type { KeyRing } from '../src/platform/crypto/secret-keys.ts';
import { runInJob } from '../src/platform/logging/request-context.ts';
import type { TestApp } from './test-app.ts';

const origin = { ip: '203.0.113.9', requestId: '01890a5d-ac96-774b-bcce-b302099a8057' };

/** Records events with an address, each about another account; returns the ids of the accounts. */
export async function recordEvents(
  service: Pick<TestApp, 'deps' | 'db' | 'keys'>,
  count: number,
  keys: KeyRing = service.keys,
): Promise<string[]> {
  const accounts = Array.from({ length: count }, () => randomUUIDv7());
  for (const id of accounts) {
    const subject = { kind: 'user', id } as const;
    const details = { fields: ['email', 'full_name'], session_id: id };
    const event = { event: 'profile_changed', subject, details } as const;
    await runInJob('test', () => recordEvent({ ...service.deps, keys }, service.db, event), origin);
  }
  return accounts;
}

export type Entry = { position: string; event_id: string };

export async function chainedEvents(service: TestApp, count = 6): Promise<Entry[]> {
  await recordEvents(service, count);
  await chainAuditEvents(service.deps);
  return entriesOf(service);
}

export function entriesOf({ db }: Pick<TestApp, 'db'>): Promise<Entry[]> {
  return db
    .selectFrom('audit_chain')
    .select(['position', 'event_id'])
    .orderBy('position')
    .execute();
}

export function kindsAndPositions({
  findings,
}: Pick<AuditVerification, 'findings'>): [string, string | null][] {
  return findings.map(({ kind, position }) => [kind, position]);
}

/** Fails unless the verification finds exactly that. */
export async function assertFound(
  service: TestApp,
  expected: object[],
  message = '',
): Promise<void> {
  const { ok, findings } = await verifyAuditChain(service.deps);
  const found = findings.map(({ kind, position, event_id }) => ({ kind, position, event_id }));
  assert.deepEqual(found, expected, message);
  assert.equal(ok, expected.length === 0);
}
