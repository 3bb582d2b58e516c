type Point = readonly [x: number, y: number];

export function lineOf(points: readonly Point[]): string {
  return points
    .map(([x, y], at) => `${at === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`)
    .join('');
}

export function areaOf(points: readonly Point[], ground: number): string {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return '';
  return `${lineOf(points)}L${last[0].toFixed(1)} ${ground}L${first[0].toFixed(1)} ${ground}Z`;
}

const steps = [2, 4, 6, 10, 20];

/** A round number at or above the largest value, even in the middle. */
export function niceTop(values: readonly number[]): number {
  const largest = Math.max(0, ...values);
  const magnitude = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, largest))));
  return (steps.find((step) => step * magnitude >= largest) ?? 20) * magnitude;
}
