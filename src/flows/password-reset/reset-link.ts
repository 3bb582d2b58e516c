import { type Account, findAccount } from '../../domain/accounts/account-store.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { provenAddress } from '../../domain/one-time-tokens/fallback-address.ts';
import { LinkNotGoodError, withGoodLink } from '../../domain/one-time-tokens/link-not-good.ts';
import { findOpenLink, type Link } from '../../domain/one-time-tokens/link-store.ts';
import { userRealm } from '../../domain/realms/realms.ts';
import type { Database } from '../../platform/database/database.ts';
import { badRequest } from '../../platform/errors.ts';

type Deps = Pick<Dependencies, 'db' | 'keys' | 'logger'>;

/** Runs what a reset link allows. Every invalid token is recorded and gets the same 400. */
export function withResetLink<T>(deps: Deps, use: () => Promise<T>): Promise<T> {
  const refusal = () =>
    badRequest('The reset link is invalid or has expired', 'invalid_reset_token');
  return withGoodLink(deps, { event: 'password_reset', refusal }, use);
}

/** Throws `LinkNotGoodError`. */
export async function requireResetLink(
  db: Database,
  token: string,
): Promise<{ link: Link; user: Account }> {
  const link = await findOpenLink(db, 'password_reset', token);
  const user = link && (await findAccount(db, userRealm, link.subject_id));
  if (link === null || !user?.is_active) throw new LinkNotGoodError();
  return { link, user };
}

/**
 * The address that a reset link was mailed to, which is all that its reader knows already: neither
 * an address that somebody has changed it to since, nor a name that somebody chose. Changes
 * nothing; throws the same 400 as the reset.
 */
export function addressOfResetToken(deps: Deps, token: string): Promise<string> {
  return withResetLink(deps, async () => {
    const { link, user } = await requireResetLink(deps.db, token);
    const proven = await provenAddress(deps.db, user, link);
    if (proven === null) throw new LinkNotGoodError();
    return proven;
  });
}
