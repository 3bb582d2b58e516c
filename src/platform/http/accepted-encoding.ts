const encodings = ['br', 'gzip'] as const;

export type Encoding = (typeof encodings)[number];

const isRefused = /;\s*q=0(?:\.0*)?\s*$/;

/** The best that `Accept-Encoding` names (RFC 9110 § 12.5.3); null for the content as it is. */
export function acceptedEncoding(
  header: string | undefined,
  offered: readonly Encoding[] = encodings,
): Encoding | null {
  const named = (header ?? '').toLowerCase().split(',');
  const accepted = named
    .filter((one) => !isRefused.test(one))
    .map((one) => one.split(';')[0]?.trim());
  return offered.find((one) => accepted.includes(one)) ?? null;
}
