import assert from 'node:assert/strict';
import type { LedgerEntry } from './ledger.ts';

/** Three seconds, plus what a busy machine adds between server and client. */
const usualMilliseconds = 3200;

/**
 * The faults are short, because every change waits for them; FAULT_FULL=1 makes them as long as
 * required.
 */
export function lengthOf({ short, full }: { short: number; full: number }): number {
  return process.env.FAULT_FULL === '1' ? full : short;
}

/**
 * Fails unless every request was answered in time, with nothing worse than a well-formed 503.
 * Returns the 503s. For requests in progress when the fault began, such as a queued password, time
 * counts from then on.
 */
export function assertRefusals(
  entries: readonly LedgerEntry[],
  faultBeganAt: number,
  mostMilliseconds = usualMilliseconds,
): LedgerEntry[] {
  const refused: LedgerEntry[] = [];
  for (const entry of entries) {
    const { answer, failure, sentAt, endedAt, method, path } = entry;
    const milliseconds =
      (endedAt ?? 0) - Math.max(sentAt ?? 0, Math.min(faultBeganAt, endedAt ?? 0));
    const shown = `${method} ${path}: ${JSON.stringify(answer ?? failure)}, ${Math.round(milliseconds)} ms`;
    assert.ok(answer !== null && milliseconds <= mostMilliseconds, shown);
    if (answer.status < 500) continue;
    assert.equal(answer.status, 503, shown);
    assert.equal((answer.body as { error?: string }).error, 'ServiceUnavailableError', shown);
    assert.match(String(answer.headers['retry-after']), /^[1-3]$/, shown);
    refused.push(entry);
  }
  return refused;
}
