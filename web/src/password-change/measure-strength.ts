import { ZxcvbnFactory, type ZxcvbnResult } from '@zxcvbn-ts/core';
import { adjacencyGraphs, dictionary } from '@zxcvbn-ts/language-common';

type CrackTime = 'instant' | 'minutes' | 'hours' | 'days' | 'years' | 'centuries';
type Strength = { score: number; warning: string | null; crackTime: CrackTime };

const meter = new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs });

/** Against somebody who has stolen the hashes, on hardware that tries this many a second. */
const guessesPerSecond = 10_000;
const year = 365 * 86_400;
const scale: readonly [number, CrackTime][] = [
  [1, 'instant'],
  [3600, 'minutes'],
  [86_400, 'hours'],
  [year, 'days'],
  [100 * year, 'years'],
];

export function measureStrength(password: string, others: string[]): Strength {
  const { score, guesses, feedback }: ZxcvbnResult = meter.check(password, others);
  const seconds = guesses / guessesPerSecond;
  return {
    score,
    warning: feedback.warning || null,
    crackTime: scale.find(([bound]) => seconds < bound)?.[1] ?? 'centuries',
  };
}
