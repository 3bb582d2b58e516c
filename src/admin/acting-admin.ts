import type { Account } from '../domain/accounts/account-store.ts';

/** Who does an admin's work, and with which rights. */
export type ActingAdmin = { account: Pick<Account, 'id' | 'is_superadmin'> };

/**
 * Whoever may open the database has every right. Events name no actor: `recordEvent` sees to that.
 */
export const commandLine: ActingAdmin = {
  account: { id: '00000000-0000-7000-8000-000000000000', is_superadmin: true },
};
