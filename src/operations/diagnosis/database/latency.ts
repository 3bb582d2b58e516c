import { sql } from 'kysely';
import type { Dependencies } from '../../../domain/dependencies.ts';
import { type Check, failed, ok, warning } from '../finding.ts';

const rounds = 15;
const slowMilliseconds = 10;
const tooSlowMilliseconds = 100;

/** A request makes several round trips, so that each millisecond counts. */
export function latencyCheck({ db, engine }: Pick<Dependencies, 'db' | 'engine'>): Check {
  return {
    name: 'database',
    run: async () => {
      const times: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        const began = performance.now();
        await sql`SELECT 1`.execute(db);
        times.push(performance.now() - began);
      }
      const middle = times.toSorted((one, other) => one - other)[rounds >> 1] ?? 0;
      const shown = `a round trip takes ${middle.toFixed(1)} ms`;
      const advice =
        'Bring service and database closer together; look at its load and at the network';
      if (middle > tooSlowMilliseconds) return failed(shown, advice);
      return middle > slowMilliseconds ? warning(shown, advice) : ok(`${engine.name}, ${shown}`);
    },
  };
}
