import type { z } from 'zod';
import type { adminSchema, userSchema } from './account-schemas.ts';
import type { Account } from './account-store.ts';

/** The account in API responses. The route's schema then drops the members of the other realm. */
export function presentAccount(
  account: Account,
): z.output<typeof userSchema> & z.output<typeof adminSchema> {
  return {
    id: account.id,
    // Null only for a user, and the schema of users allows it.
    username: account.username as string,
    email: account.email,
    full_name: account.full_name,
    is_active: account.is_active,
    legacy_id: account.legacy_id,
    is_superuser: account.is_superuser ?? false,
    is_email_verified: account.is_email_verified ?? false,
    is_invited: (account.invited_at ?? null) !== null,
    is_superadmin: account.is_superadmin ?? false,
    metadata: account.metadata ?? {},
    app_metadata: account.app_metadata ?? {},
    created_at: account.created_at.toISOString(),
    updated_at: account.updated_at.toISOString(),
  };
}
