import { foldCase } from '../../platform/fold-case.ts';
import type { SecurityEventName } from '../audit/security-events.ts';
import type { Account, AccountChange } from './account-store.ts';
import type { Realm } from '../realms/realms.ts';

/** Another spelling of the same address is no change of address: nobody else gets the mail. */
export function changesEmail<C extends Pick<AccountChange, 'email'>>(
  account: Pick<Account, 'email'>,
  change: C,
): change is C & { email: string } {
  return change.email !== undefined && foldCase(change.email) !== foldCase(account.email);
}

export function changesUsername(account: Pick<Account, 'username'>, change: AccountChange): boolean {
  return change.username !== undefined && change.username !== account.username;
}

/** What an admin's change is called, and the names of what it changes. */
export function describeChange(
  realm: Realm,
  account: Pick<Account, 'is_active'>,
  change: AccountChange,
): { event: SecurityEventName; fields: string[] } {
  const fields = Object.keys(change).toSorted();
  const { is_active: isActive = account.is_active } = change;
  if (isActive === account.is_active) return { event: `${realm.kind}_changed`, fields };
  return { event: isActive ? `${realm.kind}_reactivated` : `${realm.kind}_deactivated`, fields };
}

/** Members whose value was given, so that an absent field stays as it is. */
export function givenFields<T extends object>(fields: T): Given<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<T>;
}

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };
