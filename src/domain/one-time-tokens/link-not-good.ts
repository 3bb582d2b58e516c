import type { AppError } from '../../platform/errors.ts';
import { recordRefusal } from '../audit/record-event.ts';
import type { SecurityEventName } from '../audit/security-events.ts';
import type { Dependencies } from '../dependencies.ts';

/** The token has no link, the link was used, ended or expired, or its account is gone. */
export class LinkNotGoodError extends Error {}

/** Runs a link's action. Every `LinkNotGoodError` is recorded and becomes the same `refusal`. */
export async function withGoodLink<T>(
  deps: Pick<Dependencies, 'db' | 'keys' | 'logger'>,
  { event, refusal }: { event: SecurityEventName; refusal: () => AppError },
  use: () => Promise<T>,
): Promise<T> {
  try {
    return await use();
  } catch (error) {
    if (!(error instanceof LinkNotGoodError)) throw error;
    await recordRefusal(deps, { event, outcome: 'failure' });
    throw refusal();
  }
}
