/** How well two samples of milliseconds can be distinguished. */
export type Comparison = {
  /** Median of the first minus that of the second. */
  medianDifference: number;
  /** The accepted difference. */
  tolerance: number;
  /**
   * Mann-Whitney: how often a value of the first is greater than one of the second. 0.5 means
   * indistinguishable.
   */
  auc: number;
  toldApart: boolean;
};

/**
 * The criterion of case A02; the slowest 5 % of each sample are attributed to the machine, not to
 * the service.
 */
export function compare(first: readonly number[], second: readonly number[]): Comparison {
  const [one, other] = [withoutSlowest(first), withoutSlowest(second)];
  const medianDifference = median(one) - median(other);
  const tolerance = Math.max(10, 0.05 * median(other));
  const auc = shareOfGreater(one, other);
  const toldApart = Math.abs(medianDifference) > tolerance || auc < 0.35 || auc > 0.65;
  return { medianDifference, tolerance, auc, toldApart };
}

function withoutSlowest(sample: readonly number[]): number[] {
  return sample.toSorted((a, b) => a - b).slice(0, Math.floor(sample.length * 0.95));
}

/** Expects a sorted sample. */
function median(sorted: readonly number[]): number {
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN;
  return (lower + upper) / 2;
}

function shareOfGreater(first: readonly number[], second: readonly number[]): number {
  const points = first.flatMap((a) => second.map((b) => (a > b ? 1 : a === b ? 0.5 : 0)));
  return points.reduce<number>((sum, point) => sum + point, 0) / points.length;
}
