import { queries } from '../session/queries.ts';
import type { Realm } from '../session/realms.ts';

export function factorsKey({ name }: Realm) {
  return [name, 'factors'];
}

/** After a change: the list is asked for anew. */
export function refreshFactors(realm: Realm): Promise<void> {
  return queries.invalidateQueries({ queryKey: factorsKey(realm) });
}
