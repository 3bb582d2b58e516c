import { median } from '../figure.ts';

/** What one contestant did in one slot. */
export type Slot = {
  perSecond: number;
  /** Milliseconds: of half and of 99 % of the requests. */
  p50: number;
  p99: number;
  /** Milliseconds of processor time for each request, of the server and of PostgreSQL. */
  serverCpu: number;
  databaseCpu: number;
};

type Target = { name: string; unit: string; bar: number; atLeast: boolean };

export type Workload<Name extends string, S> = {
  /** Each works for the given time. */
  contestants: Readonly<Record<Name, (milliseconds: number) => Promise<S>>>;
  /** From the slots of one round; the machine was the same for all of them. */
  targets: readonly (Target & { of(slots: Readonly<Record<Name, S>>): number })[];
};

export type Size = { rounds: number; milliseconds: number };

export type Result = Target & { value: number; least: number; most: number; met: boolean };

export type Measured = { workload: string; slots: unknown[]; results: Result[] };

/**
 * A B C A B C: what changes the machine's speed changes it for all. A round before the first warms,
 * which hashes and starts do not need.
 */
export async function runWorkload<Name extends string, S>(
  workload: string,
  { contestants, targets }: Workload<Name, S>,
  { rounds, milliseconds }: Size,
  { warms = true } = {},
): Promise<Measured> {
  const slots: Record<Name, S>[] = [];
  for (let round = warms ? 0 : 1; round <= rounds; round += 1) {
    const ofRound = {} as Record<Name, S>;
    for (const name of Object.keys(contestants) as Name[])
      ofRound[name] = await contestants[name](milliseconds);
    if (round > 0) slots.push(ofRound);
  }
  const results = targets.map((target) =>
    resultOf(
      target,
      slots.map((ofRound) => target.of(ofRound)),
    ),
  );
  return { workload, slots, results };
}

export function resultOf(target: Target, values: number[]): Result {
  const value = median(values);
  const { name, unit, bar, atLeast } = target;
  const met = atLeast ? value >= bar : value <= bar;
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return { name, unit, bar, atLeast, value, least, most, met };
}

const tolerance = 0.1;

/**
 * Those that are worse than before by more than a tenth, and by more than either run's own spread.
 */
export function regressions(before: readonly Result[], now: readonly Result[]): string[] {
  return now.flatMap((result) => {
    const earlier = before.find(({ name }) => name === result.name);
    if (earlier === undefined) return [];
    const isWorse = result.atLeast
      ? result.value < earlier.value * (1 - tolerance) && result.most < earlier.value
      : result.value > earlier.value * (1 + tolerance) && result.least > earlier.value;
    if (!isWorse) return [];
    return [`${result.name}: ${result.value.toFixed(2)}, before ${earlier.value.toFixed(2)}`];
  });
}
