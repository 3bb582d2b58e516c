import {
  cleanUpRows,
  type Database,
  now,
  secondsFromNow,
} from '../../platform/database/database.ts';
import { puzzleSeconds } from './puzzles.ts';

declare module '../../platform/database/database.ts' {
  interface Tables {
    spent_puzzles: { digest: Buffer; expires_at: Date };
  }
}

/** True the first time. One statement checks and burns, whichever process asks. */
export async function spendPuzzle(db: Database, digest: Buffer): Promise<boolean> {
  // The puzzle expires by the clock of whoever checks it, which may be a little behind.
  const row = { digest, expires_at: secondsFromNow(2 * puzzleSeconds) };
  const inserted = await db
    .insertInto('spent_puzzles')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .returning('expires_at')
    .execute();
  return inserted.length === 1;
}

export async function deletePastPuzzles(db: Database): Promise<void> {
  const past = db.selectFrom('spent_puzzles').select('digest').where('expires_at', '<=', now);
  await db.deleteFrom('spent_puzzles').where('digest', 'in', past.limit(cleanUpRows)).execute();
}
