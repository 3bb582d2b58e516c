import { givenFields } from '../../domain/accounts/account-change.ts';
import { findCredentialsById, setPassword } from '../../domain/accounts/account-credentials.ts';
import { lockAccount, updateAccount } from '../../domain/accounts/account-store.ts';
import { recordEvent } from '../../domain/audit/record-event.ts';
import { hashNewPassword } from '../../domain/credentials/hash-new-password.ts';
import { refuseGuessable } from '../../domain/credentials/password-policy.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { LinkNotGoodError } from '../../domain/one-time-tokens/link-not-good.ts';
import { type Link, useLink } from '../../domain/one-time-tokens/link-store.ts';
import { partyOf, userRealm } from '../../domain/realms/realms.ts';
import { endAccess } from '../../domain/revocation/end-access.ts';
import { type Client, openSession, type Verified } from '../../domain/sessions/open-session.ts';
import type { TokenPair } from '../../domain/sessions/token-schemas.ts';
import type { Transaction } from '../../platform/database/database.ts';
import type { StoredPassword } from '../../platform/hashing/password-schemes.ts';
import { isInvitedBy, requireInvitation, withInvitation } from './find-invitation.ts';

type Deps = Pick<
  Dependencies,
  'db' | 'hasher' | 'breachedPasswords' | 'jobs' | 'keys' | 'config' | 'accessTokens' | 'logger'
>;

type Acceptance = {
  token: string;
  username: string | null;
  /** Null where users have no passwords. */
  password: string | null;
  /** Undefined: as the admin wrote it. */
  fullName: string | null | undefined;
  client: Client;
  signal: AbortSignal;
};

/**
 * Makes the invited account its owner's: one transaction uses up the link, sets username and
 * password, verifies the address, ends all other links and opens a session. Throws the same 400 for
 * every invalid token, and 409 for a taken username, which leaves the invitation open.
 */
export async function acceptInvitation(deps: Deps, acceptance: Acceptance): Promise<TokenPair> {
  return withInvitation(deps, async () => {
    // Before the hash: a made-up token must not cost one.
    const { link } = await requireInvitation(deps.db, acceptance.token);
    const credentials = await findCredentialsById(deps.db, userRealm, link.subject_id);
    if (credentials === null) throw new LinkNotGoodError();
    const password = await hashed(deps, acceptance, link);
    const tokens = await openSession(deps, userRealm, credentials, {
      client: acceptance.client,
      methods: ['email'],
      prepare: (trx) => accept(deps, trx, link, { ...acceptance, password }),
    });
    if (tokens === null) throw new LinkNotGoodError();
    return tokens;
  });
}

async function hashed(
  deps: Deps,
  { password, username, client, signal }: Acceptance,
  { email }: Link,
): Promise<StoredPassword | null> {
  if (password === null) return null;
  refuseGuessable(password, 'password', { username, email, projectName: deps.config.projectName });
  return hashNewPassword(deps, { password, field: 'password', ip: client.ip, signal });
}

type Chosen = Pick<Acceptance, 'username' | 'fullName'> & { password: StoredPassword | null };

async function accept(
  deps: Deps,
  trx: Transaction,
  link: Link,
  { username, fullName, password }: Chosen,
): Promise<Verified | null> {
  const user = await lockAccount(trx, userRealm, link.subject_id);
  if (user === null || !isInvitedBy(user, link) || !(await useLink(trx, link))) return null;
  if (password) await setPassword(trx, userRealm, user.id, password);
  const names = givenFields({ username, full_name: fullName });
  await updateAccount(trx, userRealm, user.id, { ...names, is_email_verified: true });
  await endAccess(trx, userRealm, user.id, 'invitation_accepted');
  const subject = partyOf(userRealm, user.id);
  await recordEvent(deps, trx, { event: 'invitation_accepted', subject });
  return findCredentialsById(trx, userRealm, user.id);
}
