/**
 * What a client saw: when it asked, when it was answered, and the answer. `family` is the session.
 */
export type Seen = { start: number; end: number; status: number } & (
  | { kind: 'refresh'; tokenIn: string; tokenOut: string | null }
  | { kind: 'use'; family: string }
  | { kind: 'revocation'; families: string[] }
);

/** A wait for a lock ends in a 503 sooner; a busy machine alone is slow, too. */
const slowestMilliseconds = 10_000;

/** Names every violation in a history; an empty list means none. */
export function findFaults(history: readonly Seen[]): string[] {
  return [
    ...history.flatMap(answeredBadly),
    ...forks(history),
    ...deadTokensThatWorked(history),
    ...ancestorsThatWorked(history),
  ];
}

export function familyOf(refreshToken: string): string {
  return Buffer.from(refreshToken.slice(3), 'base64url').toString('hex', 0, 16);
}

function generationOf(refreshToken: string): number {
  return Buffer.from(refreshToken.slice(3), 'base64url').readUInt32BE(16);
}

function answeredBadly(seen: Seen): string[] {
  const faults: string[] = [];
  if (seen.status >= 500) faults.push(`${seen.kind}: answered ${seen.status}`);
  if (seen.end - seen.start > slowestMilliseconds) faults.push(`${seen.kind}: took too long`);
  return faults;
}

type Success = { start: number; end: number; tokenIn: string; tokenOut: string };

function successesOf(history: readonly Seen[]): Success[] {
  return history.flatMap((seen) => {
    if (seen.kind !== 'refresh' || seen.status !== 200 || seen.tokenOut === null) return [];
    return [{ start: seen.start, end: seen.end, tokenIn: seen.tokenIn, tokenOut: seen.tokenOut }];
  });
}

/** A token has one successor: the next generation of its own family. */
function forks(history: readonly Seen[]): string[] {
  const faults: string[] = [];
  const successors = new Map<string, string>();
  for (const { tokenIn, tokenOut } of successesOf(history)) {
    const isNext =
      familyOf(tokenOut) === familyOf(tokenIn) &&
      generationOf(tokenOut) === generationOf(tokenIn) + 1;
    if (!isNext) faults.push('a successor is not the next of its family');
    if ((successors.get(tokenIn) ?? tokenOut) !== tokenOut)
      faults.push('a token has two successors');
    successors.set(tokenIn, tokenOut);
  }
  return faults;
}

/** No request sent after a revocation was answered succeeds in that session. */
function deadTokensThatWorked(history: readonly Seen[]): string[] {
  const deadSince = new Map<string, number>();
  for (const seen of history) {
    if (seen.kind !== 'revocation') continue;
    for (const family of seen.families) {
      deadSince.set(family, Math.min(seen.end, deadSince.get(family) ?? Number.POSITIVE_INFINITY));
    }
  }
  return history.flatMap((seen) => {
    if (seen.kind === 'revocation' || seen.status !== 200) return [];
    const family = seen.kind === 'use' ? seen.family : familyOf(seen.tokenIn);
    const diedAt = deadSince.get(family) ?? Number.POSITIVE_INFINITY;
    return seen.start > diedAt ? [`a ${seen.kind} succeeded after its session was ended`] : [];
  });
}

/** A token does not work once its successor has been used. */
function ancestorsThatWorked(history: readonly Seen[]): string[] {
  const successes = successesOf(history);
  const spentAt = new Map<string, number>();
  for (const { tokenIn, end } of successes) {
    spentAt.set(tokenIn, Math.min(end, spentAt.get(tokenIn) ?? Number.POSITIVE_INFINITY));
  }
  const late = successes.filter(
    ({ tokenOut, start }) => start > (spentAt.get(tokenOut) ?? Number.POSITIVE_INFINITY),
  );
  return late.map(() => 'a token worked after its successor was used');
}
