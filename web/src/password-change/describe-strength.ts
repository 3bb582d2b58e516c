import { strength as german } from '../texts/de/strength.ts';
import { strength as english } from '../texts/en/strength.ts';
import type { Language } from '../texts/language.ts';
import { measureStrength } from './measure-strength.ts';

const texts = { en: english, de: german };

/** From 1 to 4, as bars, and why. */
export type DescribedStrength = { score: number; words: string };

/**
 * A file of its own, some hundred kilobytes with the word lists: loaded once somebody types, by
 * these pages and by the service's own page that sets a password. `others` are words that somebody
 * who knows the account tries first.
 */
export function describeStrength(
  password: string,
  language: Language,
  others: string[],
): DescribedStrength {
  const t = texts[language];
  const { score, warning, crackTime } = measureStrength(password, others);
  const reason = t.warnings[warning ?? ''] ?? t.crackTime(t.times[crackTime]);
  return { score: Math.max(1, score), words: `${t.levels[score] ?? ''}. ${reason}` };
}
