import { z } from 'zod';
import type { Assembly } from '../../access/route-dependencies.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { timestamp } from '../../platform/http/schemas.ts';

type Deps = Dependencies & Assembly;

/** What the owners of the tables contribute. */
export function exportedRows({ personalData }: Pick<Deps, 'personalData'>) {
  return personalData.flatMap(({ exported }) => ('name' in exported ? [exported] : []));
}

/** The whole document, for the description of the API: it is never in memory as a whole. */
export function exportSchema(deps: Deps) {
  const members = exportedRows(deps).map(({ name, isOne, schema }) => {
    const row = schema(deps);
    return [name, isOne ? row : z.array(row).max(10_000_000)] as const;
  });
  return z
    .object({ exported_at: timestamp, ...Object.fromEntries(members) })
    .meta({ id: 'DataExport' });
}
