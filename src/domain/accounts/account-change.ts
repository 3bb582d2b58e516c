import { foldCase } from '../../platform/fold-case.ts';
import type { Account, AccountChange } from './account-store.ts';

/** A change of case alone is not a change of address: the same person gets the mail. */
export function changesEmail<C extends Pick<AccountChange, 'email'>>(
  account: Pick<Account, 'email'>,
  change: C,
): change is C & { email: string } {
  return change.email !== undefined && foldCase(change.email) !== foldCase(account.email);
}

export function changesUsername(
  account: Pick<Account, 'username'>,
  change: AccountChange,
): boolean {
  return change.username !== undefined && change.username !== account.username;
}

/** Drops undefined members, so that absent fields stay unchanged. */
export function givenFields<T extends object>(fields: T): Given<T> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Given<T>;
}

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };
