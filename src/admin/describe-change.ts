import type { Account, AccountChange } from '../domain/accounts/account-store.ts';
import type { SecurityEventName } from '../domain/audit/security-events.ts';
import type { Realm } from '../domain/realms/realms.ts';

/** The event name of an admin's change, and the names of the changed fields. */
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
