/** Shorter names are all close to each other. */
const shortestName = 6;

/** Set by desktop sessions, and close to USERNAMES. */
const ofOthers = ['USERNAME'];

/** npm sets dozens of them for what it starts. */
const ofNpm = /^npm_/;

/** Finds unknown names that look like a misspelled known one. */
export function findMisnamed(
  given: readonly string[],
  known: readonly string[],
): { name: string; meant: string }[] {
  const names = new Set([...known, ...ofOthers]);
  return given
    .filter((name) => !names.has(name) && !ofNpm.test(name) && name.length >= shortestName)
    .flatMap((name) => {
      const meant = known.find((candidate) => isClose(name, candidate));
      return meant === undefined ? [] : [{ name, meant }];
    });
}

function isClose(name: string, known: string): boolean {
  if (known.length < shortestName) return false;
  const most = known.length < 9 ? 1 : 2;
  const [one, other] = [plainForm(name), plainForm(known)];
  // Most names differ more than that in length alone.
  return Math.abs(one.length - other.length) <= most && distance(one, other) <= most;
}

/** Upper case and singular: TRUSTED_PROXY is three edits away from TRUSTED_PROXIES. */
function plainForm(name: string): string {
  return name
    .toUpperCase()
    .replace(/IES(?=_|$)/g, 'Y')
    .replace(/S(?=_|$)/g, '');
}

/** Edit distance with transpositions (Damerau-Levenshtein). */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const isSame = a[row - 1] === b[column - 1];
      const replaced = (last[column - 1] ?? 0) + (isSame ? 0 : 1);
      const isSwap = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const swapped = isSwap ? (before[column - 2] ?? row) + 1 : replaced;
      current.push(
        Math.min(replaced, swapped, (last[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1),
      );
    }
    [before, last] = [last, current];
  }
  return last[b.length] ?? 0;
}
