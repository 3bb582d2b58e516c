/**
 * Of the languages on offer the one that the client wants most (`Accept-Language`, RFC 9110
 * § 12.5.4), or the first.
 */
export function acceptedLanguage<Language extends string>(
  header: string | undefined,
  offered: readonly [Language, ...Language[]],
): Language {
  const wanted = (header ?? '')
    .split(',')
    .map(readRange)
    .filter(({ weight }) => weight > 0)
    .toSorted((one, other) => other.weight - one.weight);
  for (const { tag } of wanted) {
    const found = offered.find((language) => language === tag);
    if (found !== undefined) return found;
  }
  return offered[0];
}

/** `de-AT;q=0.8`; a region counts as its language. */
function readRange(range: string): { tag: string; weight: number } {
  const [tag = '', ...parameters] = range
    .trim()
    .toLowerCase()
    .split(/\s*;\s*/);
  const weight = parameters.find((one) => one.startsWith('q='))?.slice(2) ?? '1';
  return { tag: tag.split('-')[0] ?? '', weight: Number(weight) || 0 };
}
