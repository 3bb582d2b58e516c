import { sha256 } from '../../platform/crypto/secret-keys.ts';
import type { Account } from './account-store.ts';
import { presentAccount } from './present-account.ts';

/** The `ETag` of an account: of what can be changed. A sign-in does not change it. */
export function accountTag(account: Account, presented = presentAccount(account)): string {
  const state = [presented, account.deleted_at?.toISOString() ?? null];
  return `"${sha256(JSON.stringify(state)).subarray(0, 18).toString('base64url')}"`;
}
