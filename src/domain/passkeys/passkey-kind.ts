import { transact } from '../../platform/database/database.ts';
import { defineFactorKind, type Factor } from '../factors/factor-kind.ts';
import { realmOf } from '../realms/realms.ts';
import { checkPasskey, countPasskeyUse } from './check-passkey.ts';
import { presentedPasskey } from './passkey-schemas.ts';
import {
  deletePasskey,
  deletePasskeysOf,
  existsPasskeyOf,
  listPasskeys,
  type Passkey,
} from './passkey-store.ts';
import { methodsOf } from './verify-passkey.ts';

/** A passkey beside the password, with the challenges of a sign-in. It signs in alone, too. */
export const passkeyKind = defineFactorKind({
  name: 'passkey',
  signsInAlone: true,
  member: 'passkey',
  schema: presentedPasskey,
  isOffered: existsPasskeyOf,
  verify: async (deps, { owner, value }) => {
    const realm = realmOf(owner);
    const used = await checkPasskey(deps, realm, value);
    if ('refusal' in used) return used.refusal === 'stale_challenge' ? 'spent' : 'wrong';
    if (used.owner.id !== owner.id) return 'wrong';
    // Committed on its own: the alarm about a copied key must outlive the refusal.
    if (!(await transact(deps.db, (trx) => countPasskeyUse(deps, trx, realm, used))))
      return 'wrong';
    return { methods: methodsOf(used), since: used.passkey.created_at };
  },
  list: async (db, owner) => (await listPasskeys(db, owner)).map(asFactor),
  remove: deletePasskey,
  removeAll: deletePasskeysOf,
});

export function asFactor({ id, name, created_at, last_used_at }: Passkey): Factor {
  return { id, kind: 'passkey', name, created_at, last_used_at };
}
