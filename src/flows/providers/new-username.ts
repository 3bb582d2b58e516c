import { randomBytes } from 'node:crypto';
import type { Config } from '../../configuration/config.ts';
import { findTakenField } from '../../domain/accounts/account-store.ts';
import type { ProvidedIdentity } from '../../domain/providers/provider.ts';
import { userRealm } from '../../domain/realms/realms.ts';
import type { Transaction } from '../../platform/database/database.ts';

/**
 * Where users need a username: what they are called at the provider, or before the @; with
 * something behind it if somebody has that. They can change it. Null where they need none.
 */
export async function newUsername(
  trx: Transaction,
  { usernames }: Pick<Config, 'usernames'>,
  { handle, email }: ProvidedIdentity,
): Promise<string | null> {
  if (usernames === 'optional') return null;
  const wanted = [handle, email].map((one) => plain(one ?? '')).find((one) => one.length >= 3);
  const base = wanted ?? 'user';
  if (wanted && (await findTakenField(trx, userRealm, { username: base })) === null) return base;
  return `${base}-${randomBytes(4).toString('hex')}`;
}

function plain(text: string): string {
  const [name = ''] = text.split('@');
  return name.replaceAll(/[^A-Za-z0-9_.-]/g, '').slice(0, 40);
}
