import { z } from 'zod';
import { userSchema } from '../../domain/accounts/account-schemas.ts';
import { accountTag } from '../../domain/accounts/account-version.ts';
import { findAnyUser } from '../../domain/accounts/deleted-accounts.ts';
import { presentAccount } from '../../domain/accounts/present-account.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import type { FactorKinds } from '../../domain/factors/factor-kind.ts';
import { listFactors } from '../../domain/factors/factors.ts';
import { factorKindName } from '../../domain/factors/present-factor.ts';
import { partyOf, userRealm } from '../../domain/realms/realms.ts';
import { presentSession, sessionSchema } from '../../domain/sessions/present-session.ts';
import { listLiveSessions } from '../../domain/sessions/session-store.ts';
import { timestamp } from '../../platform/http/schemas.ts';

export const userDetailSchema = userSchema
  .extend({
    last_login_at: timestamp.nullable(),
    deleted_at: timestamp.nullable(),
    has_second_factor: z.boolean().describe('Whether signing in asks for one'),
    second_factor_kinds: z.array(factorKindName).max(10),
    sessions: z.array(sessionSchema).max(100),
  })
  .meta({ id: 'UserDetail' });

/** A user, deleted or not, as shown to admins, with sessions and `ETag`; null if there is none. */
export async function readUser(deps: Pick<Dependencies, 'db'> & FactorKinds, id: string) {
  const { db } = deps;
  const user = await findAnyUser(db, id);
  if (user === null) return null;
  const sessions = await listLiveSessions(db, userRealm, id);
  const factors = await listFactors(deps, db, partyOf(userRealm, id));
  const detail = {
    ...presentAccount(user),
    last_login_at: user.last_login_at?.toISOString() ?? null,
    deleted_at: user.deleted_at?.toISOString() ?? null,
    has_second_factor: user.has_second_factor,
    second_factor_kinds: [...new Set(factors.map(({ kind }) => kind))],
    sessions: sessions.map((session) => presentSession(session)),
  };
  return { tag: accountTag(user), detail };
}
