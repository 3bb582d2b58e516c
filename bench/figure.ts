/** One line of the benchmark: a measured value against the project's own target. */
export type Figure = { name: string; value: number; unit: string; bar: number; atLeast?: boolean };

export function printFigure({ name, value, unit, bar, atLeast = false }: Figure): boolean {
  const met = atLeast ? value >= bar : value <= bar;
  const shown = `${value.toFixed(2)} ${unit}`.padStart(14);
  console.log(
    `${met ? 'ok  ' : 'MISS'} ${name.padEnd(64)} ${shown}   ${atLeast ? 'at least' : 'at most'} ${bar} ${unit}`,
  );
  return met;
}

export function median(values: number[]): number {
  return percentile(values, 0.5);
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The value that the given share of all values does not exceed. */
export function percentile(values: number[], share: number): number {
  const sorted = [...values].toSorted((one, other) => one - other);
  return (
    sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * share) - 1))] ??
    Number.NaN
  );
}
