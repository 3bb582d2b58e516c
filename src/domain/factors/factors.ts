import { type RawBuilder, sql } from 'kysely';
import type { Database, Transaction } from '../../platform/database/database.ts';
import { setHasSecondFactor } from '../accounts/account-store.ts';
import type { Dependencies } from '../dependencies.ts';
import { type Party, type Realm, realmOf } from '../realms/realms.ts';
import { deleteChallengesOf } from './challenge-store.ts';
import type { Factor, FactorKindName, FactorKinds } from './factor-kind.ts';
import { deleteRecoveryCodesOf } from './recovery-code-store.ts';
import { requireWayIn } from './require-way-in.ts';

/** The factors in force, oldest first. */
export async function listFactors(
  { factorKinds }: FactorKinds,
  db: Database | Transaction,
  owner: Party,
): Promise<Factor[]> {
  const factors: Factor[] = [];
  for (const kind of factorKinds) factors.push(...(await kind.list(db, owner)));
  return factors.toSorted((one, other) => (one.id < other.id ? -1 : 1));
}

/** The members that the account could prove itself with now. */
export async function offeredMembers(
  deps: FactorKinds,
  db: Database | Transaction,
  owner: Party,
): Promise<string[]> {
  const { rows } = await sql<Offered>`SELECT ${isOffered(deps, owner)}`.execute(db);
  return membersOf(deps, rows[0] ?? {});
}

/** By the names of the kinds. */
type Offered = Record<string, boolean>;

/** For a statement that selects or returns it. */
export function isOffered({ factorKinds }: FactorKinds, owner: Party): RawBuilder<Offered> {
  const each = factorKinds.map((kind) => sql`(${kind.isOffered(owner)}) AS ${sql.id(kind.name)}`);
  return sql`${sql.join(each)}`;
}

export function membersOf({ factorKinds }: FactorKinds, offered: Offered): string[] {
  const kinds = factorKinds.filter(({ name }) => offered[name] === true);
  return [...new Set(kinds.map(({ member }) => member))];
}

/**
 * Writes down whether a factor is in force. Call it in the transaction of each change, while the
 * account's row is locked. The codes that replace a lost factor end with the last one.
 */
export async function settleFactors(
  deps: FactorKinds,
  trx: Transaction,
  owner: Party,
): Promise<boolean> {
  const isInForce = (await listFactors(deps, trx, owner)).length > 0;
  await setHasSecondFactor(trx, realmOf(owner), owner.id, isInForce);
  if (isInForce) return true;
  await deleteRecoveryCodesOf(trx, owner);
  await deleteChallengesOf(trx, owner);
  return false;
}

/** Ends one factor; null if the account has none of that id. Throws 409 for the last way in. */
export async function removeOne(
  deps: FactorKinds & Pick<Dependencies, 'config'>,
  trx: Transaction,
  realm: Realm,
  id: string,
  owner: Party,
): Promise<{ kind: FactorKindName; wasInForce: boolean } | null> {
  for (const kind of deps.factorKinds) {
    const inForce = await kind.list(trx, owner);
    if (!(await kind.remove(trx, owner, id))) continue;
    if (kind.signsInAlone) await requireWayIn(deps, trx, realm, owner);
    await settleFactors(deps, trx, owner);
    return { kind: kind.name, wasInForce: inForce.some((factor) => factor.id === id) };
  }
  return null;
}

/** Ends all factors, the codes that replace them, and sign-ins between their steps. */
export async function removeAll(deps: FactorKinds, trx: Transaction, owner: Party): Promise<void> {
  for (const kind of deps.factorKinds) await kind.removeAll(trx, owner);
  await settleFactors(deps, trx, owner);
}
