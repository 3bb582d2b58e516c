import { type Account, findAccount } from '../../domain/accounts/account-store.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { isSameAddress } from '../../domain/one-time-tokens/fallback-address.ts';
import { LinkNotGoodError, withGoodLink } from '../../domain/one-time-tokens/link-not-good.ts';
import { findOpenLink, type Link } from '../../domain/one-time-tokens/link-store.ts';
import { userRealm } from '../../domain/realms/realms.ts';
import type { Database } from '../../platform/database/database.ts';
import { badRequest } from '../../platform/errors.ts';

type Deps = Pick<Dependencies, 'db' | 'keys' | 'logger'>;

/** Runs what an invitation allows. Every invalid token is recorded and gets the same 400. */
export function withInvitation<T>(deps: Deps, use: () => Promise<T>): Promise<T> {
  const refusal = () =>
    badRequest('The invitation is invalid or has expired', 'invalid_invitation_token');
  return withGoodLink(deps, { event: 'invitation_accepted', refusal }, use);
}

/** Throws `LinkNotGoodError`. */
export async function requireInvitation(
  db: Database,
  token: string,
): Promise<{ link: Link; user: Account }> {
  const link = await findOpenLink(db, 'invitation', token);
  const user = link && (await findAccount(db, userRealm, link.subject_id));
  if (link === null || !user || !isInvitedBy(user, link)) throw new LinkNotGoodError();
  return { link, user };
}

/** Not after it was accepted, and not at another address. */
export function isInvitedBy(user: Account, link: Pick<Link, 'email'>): boolean {
  const isInvited = (user.invited_at ?? null) !== null;
  return user.is_active && isInvited && isSameAddress(user.email, link.email);
}

/** Whom an invitation is for, which its reader may know. Changes nothing; throws the same 400. */
export function invitedBy(
  deps: Deps,
  token: string,
): Promise<Pick<Account, 'email' | 'full_name'>> {
  return withInvitation(deps, async () => {
    const { user } = await requireInvitation(deps.db, token);
    return { email: user.email, full_name: user.full_name };
  });
}
