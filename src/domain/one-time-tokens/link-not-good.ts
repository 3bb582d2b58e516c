import type { AppError } from '../../platform/errors.ts';
import { recordRefusal } from '../audit/record-event.ts';
import type { SecurityEventName } from '../audit/security-events.ts';
import type { Dependencies } from '../dependencies.ts';

/** The link of a token was never made, is used up, ended or ran out, or belongs to somebody who is gone. */
export class LinkNotGoodError extends Error {}

/**
 * Does what a link is for. Where that throws `LinkNotGoodError` the failure is recorded, and the caller gets the one
 * error for every token that is not good: which of the reasons it was is told to nobody.
 */
export async function withGoodLink(
  deps: Pick<Dependencies, 'db' | 'logger'>,
  { event, refusal }: { event: SecurityEventName; refusal: () => AppError },
  use: () => Promise<void>,
): Promise<void> {
  try {
    await use();
  } catch (error) {
    if (!(error instanceof LinkNotGoodError)) throw error;
    await recordRefusal(deps, { event, outcome: 'failure' });
    throw refusal();
  }
}
