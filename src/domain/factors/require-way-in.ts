import type { Transaction } from '../../platform/database/database.ts';
import { conflict } from '../../platform/errors.ts';
import { findCredentialsById } from '../accounts/account-credentials.ts';
import type { Dependencies } from '../dependencies.ts';
import { listIdentities } from '../identities/identity-store.ts';
import type { Party, Realm } from '../realms/realms.ts';
import type { FactorKinds } from './factor-kind.ts';

type Deps = FactorKinds & Pick<Dependencies, 'config'>;

/**
 * Throws 409 `last_way_in` where nobody could sign in to the account any more. Call it after a
 * removal, whose transaction then rolls back.
 */
export async function requireWayIn(
  deps: Deps,
  trx: Transaction,
  realm: Realm,
  owner: Party,
): Promise<void> {
  if (await hasWayIn(deps, trx, realm, owner)) return;
  throw conflict('This is the last way to sign in', 'last_way_in', realm.kind);
}

async function hasWayIn(
  { factorKinds, config }: Deps,
  trx: Transaction,
  realm: Realm,
  owner: Party,
): Promise<boolean> {
  const isUser = realm.kind === 'user';
  // A user can always read mail, or the address would have to be changed first.
  if (isUser && config.emailSignIn) return true;
  const credentials = await findCredentialsById(trx, realm, owner.id);
  if (credentials?.password_hash && (!isUser || config.passwordSignIn)) return true;
  for (const kind of factorKinds)
    if (kind.signsInAlone && (await kind.list(trx, owner)).length > 0) return true;
  return isUser && (await hasProvider(config, trx, owner));
}

/** One that the configuration still has. */
async function hasProvider({ providers }: Deps['config'], trx: Transaction, { id }: Party) {
  const linked = await listIdentities(trx, id);
  return linked.some(({ provider }) => providers.some((one) => one.id === provider));
}
