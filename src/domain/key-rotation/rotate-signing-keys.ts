import { queriesOn, transact } from '../../platform/database/database.ts';
import { lockMigrations } from '../../platform/database/migrate.ts';
import { recordEvent } from '../audit/record-event.ts';
import type { Dependencies } from '../dependencies.ts';
import { openKey } from '../signing-keys/key-pair.ts';
import {
  isRotationDue,
  listSigningKeys,
  revokeSigningKeys,
} from '../signing-keys/signing-key-store.ts';
import { advance, algorithmOf, requireReadable } from './prepare-signing-keys.ts';

type Deps = Pick<Dependencies, 'db' | 'keys' | 'config' | 'logger'>;

/**
 * The next key signs as soon as it has been published for ten minutes. With `revokes` the tokens of
 * all keys that have signed are refused from the commit on, and the next one signs immediately; keys
 * that no secret here opens go, too. Returns how many were revoked.
 */
export function rotateSigningKeys(
  deps: Deps,
  { revokes, isScheduled = false }: { revokes: boolean; isScheduled?: boolean },
): Promise<number> {
  const { db, keys, config } = deps;
  return transact(db, async (trx) => {
    await lockMigrations(queriesOn(trx));
    if (isScheduled && !(await isRotationDue(trx, config.signingKeyRotationDays))) return 0;
    const rows = await listSigningKeys(trx);
    const isGone = (row: (typeof rows)[number]) =>
      revokes && (row.signs_from !== null || openKey(keys, row) === null);
    const gone = rows.filter(isGone).map(({ kid }) => kid);
    if (gone.length > 0) await revokeSigningKeys(trx, gone);
    const left = requireReadable(
      keys,
      rows.filter((row) => !isGone(row)),
    );
    await advance({ keys }, trx, algorithmOf(config), left);
    const event = revokes ? 'signing_keys_revoked' : 'signing_key_rotated';
    await recordEvent(deps, trx, { event, actor: null, details: { count: gone.length } });
    return gone.length;
  });
}

/** Of several processes one does it. */
export async function rotateWhenDue(deps: Deps): Promise<void> {
  const { db, config } = deps;
  if (!(await isRotationDue(db, config.signingKeyRotationDays))) return;
  await rotateSigningKeys(deps, { revokes: false, isScheduled: true });
}
