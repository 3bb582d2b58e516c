import type { Dependencies } from '../dependencies.ts';
import { throttleData } from './throttle-data.ts';
import type { ThrottlePolicy } from './throttle-policy.ts';
import { deletePastThrottles, shortenThrottles } from './throttle-store.ts';

declare module '../audit/security-events.ts' {
  interface SecurityEvents {
    limit_exceeded: true;
  }
}

export const throttles = {
  personalData: [throttleData],
  cleanUp: [
    ({ db }: Pick<Dependencies, 'db'>) => deletePastThrottles(db),
    ({
      db,
      throttlePolicies,
    }: Pick<Dependencies, 'db'> & { throttlePolicies: readonly ThrottlePolicy[] }) =>
      shortenThrottles(db, throttlePolicies),
  ],
  auditEvents: {
    limit_exceeded: 'The first refusal by a limit in its window; `policy` names the limit',
  },
};
