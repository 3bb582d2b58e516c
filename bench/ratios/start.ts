import { setTimeout as sleep } from 'node:timers/promises';
import { type Measured, runWorkload, type Size } from './slot.ts';
import type { Stage } from './stage.ts';

/** Memory is read after an idle period. */
const idleMilliseconds = 1500;

/** Start and idle memory on PostgreSQL, with `npm start`. */
export async function measureStart(stage: Stage, { rounds }: Size): Promise<Measured> {
  const start = async () => {
    const service = await stage.start({ DATABASE_URL: stage.postgres.url() });
    await sleep(idleMilliseconds);
    const megabytes = service.residentMegabytes();
    await service.stop();
    return { seconds: service.readySeconds, megabytes };
  };
  type Slots = Record<'service', { seconds: number; megabytes: number }>;
  const targets = [
    {
      name: 'start to ready, PostgreSQL',
      unit: 's',
      bar: 0.4,
      atLeast: false,
      of: ({ service }: Slots) => service.seconds,
    },
    {
      name: 'resident memory idle, PostgreSQL',
      unit: 'MB',
      bar: 90,
      atLeast: false,
      of: ({ service }: Slots) => service.megabytes,
    },
  ];
  const size = { rounds: Math.min(rounds, 3), milliseconds: 0 };
  return runWorkload('start', { contestants: { service: start }, targets }, size, { warms: false });
}
