import { checkWithinGuesses, type GuessCount } from '../../domain/credentials/password-guesses.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import type { Shown, Verdict } from '../../domain/factors/factor-kind.ts';
import type { Party } from '../../domain/realms/realms.ts';
import type { GivenFactor } from './given-proof.ts';

/**
 * What the factor shows; null if it is wrong, which counts, or spent, which does not: of twenty
 * requests with one code, the one that wins must not find the guesses of the others in its way.
 * Throws 429 after too many wrong ones.
 */
export async function checkFactor(
  deps: Dependencies,
  counts: readonly GuessCount[],
  { kind, value }: GivenFactor,
  { owner, ip }: { owner: Party; ip: string },
): Promise<Shown | null> {
  const verdicts: Verdict[] = [];
  await checkWithinGuesses(deps, counts, async () => {
    const verdict = await kind.verify(deps, { owner, value, ip });
    verdicts.push(verdict);
    return verdict !== 'wrong';
  });
  const [verdict] = verdicts;
  return typeof verdict === 'object' ? verdict : null;
}
