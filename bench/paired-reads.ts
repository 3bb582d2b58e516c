import { startUnlimited } from '../test/faults/postgres-backed.ts';
import { cpuMilliseconds } from '../test/faults/process-figures.ts';
import type { ServerProcess } from '../test/faults/server-process.ts';
import { findFreePort } from '../test/free-port.ts';
import { mean } from './figure.ts';
import { timeGet } from './json-requests.ts';

/** Each server gets so many in a round. */
export const requestsPerRound = 2500;
const clients = 8;

export type Reader = { server: ServerProcess; token: string };

/** Another server with the database and keys of the first, which may have ended. */
export async function startBeside(
  first: ServerProcess,
  lifetime: { after(end: () => unknown): void },
  env: Record<string, string>,
): Promise<ServerProcess> {
  return startUnlimited(lifetime, { ...first.env, PORT: String(await findFreePort()), ...env });
}

/**
 * The processor time that a `GET me` costs each of two servers, in milliseconds. Both answer at the
 * same time, so that a machine that is slow for a moment slows both: one after the other, they
 * differed by more than what is measured.
 */
export async function costsOfReads(
  readers: readonly [Reader, Reader],
): Promise<[one: number, other: number]> {
  const before = readers.map(({ server }) => cpuMilliseconds(server.pid));
  let left = requestsPerRound;
  const client = async (): Promise<void> => {
    for (; left > 0; left -= 1) {
      const order = left % 2 === 0 ? readers : readers.toReversed();
      await Promise.all(
        order.map(({ server, token }) => timeGet(`${server.url}/api/users/me`, token)),
      );
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  const [one = 0, other = 0] = readers.map(
    ({ server }, index) => (cpuMilliseconds(server.pid) - (before[index] ?? 0)) / requestsPerRound,
  );
  return [one, other];
}

/** As text: the mean, and the range. */
export function meanAndRange(costs: readonly number[]): string {
  const bounds = [Math.min(...costs), Math.max(...costs)].map((cost) => cost.toFixed(3));
  return `${mean(costs).toFixed(3)} ms (${bounds.join(' to ')})`;
}
