import { Counter } from 'prom-client';
import { registry } from '../metrics/registry.ts';

const refusals = new Counter({
  name: 'adl_limit_refusals_total',
  help: 'Requests answered with 429, by limit',
  labelNames: ['policy'],
  registers: [registry],
});

export function countRefusal({ name: policy }: { name: string }): void {
  refusals.inc({ policy });
}
