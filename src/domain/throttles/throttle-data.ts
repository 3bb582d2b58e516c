import { z } from 'zod';
import { timestamp } from '../../platform/http/schemas.ts';
import type { Dependencies } from '../dependencies.ts';
import type { PersonalData, Subject } from '../personal-data/personal-data.ts';
import type { ThrottlePolicy } from './throttle-policy.ts';
import { clearThrottle, readThrottle } from './throttle-store.ts';

type Needs = Pick<Dependencies, 'keys'> & {
  throttlePolicies: readonly ThrottlePolicy[];
  mailTexts: Readonly<Record<string, unknown>>;
};

const exportedLimit = z.object({
  policy: z.string().max(50).describe('The name of the limit').meta({ example: 'pw-check' }),
  count: z.int().min(0),
  resets_at: timestamp,
});

export const throttleData: PersonalData<Needs> = {
  tables: ['throttles'],
  exported: {
    name: 'limits',
    schema: () => exportedLimit,
    read: async function* ({ keys, ...deps }, db, subject) {
      for (const [policy, key] of keysOf(deps, subject)) {
        const row = await readThrottle({ db, keys }, policy, key);
        if (row)
          yield { policy: policy.name, count: row.count, resets_at: row.resets_at.toISOString() };
      }
    },
  },
  erase: async ({ keys, ...deps }, trx, subject) => {
    for (const [policy, key] of keysOf(deps, subject))
      await clearThrottle({ db: trx, keys }, policy, key);
  },
};

function keysOf({ throttlePolicies, mailTexts }: Omit<Needs, 'keys'>, subject: Subject) {
  const kinds = Object.keys(mailTexts);
  return throttlePolicies.flatMap((policy) =>
    policy.keysOf(subject, kinds).map((key) => [policy, key] as const),
  );
}
