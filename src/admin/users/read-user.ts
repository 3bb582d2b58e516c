import { z } from 'zod';
import { userSchema } from '../../domain/accounts/account-schemas.ts';
import { accountTag } from '../../domain/accounts/account-version.ts';
import { findAnyUser } from '../../domain/accounts/deleted-accounts.ts';
import { presentAccount } from '../../domain/accounts/present-account.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { userRealm } from '../../domain/realms/realms.ts';
import { presentSession, sessionSchema } from '../../domain/sessions/present-session.ts';
import { listLiveSessions } from '../../domain/sessions/session-store.ts';
import { timestamp } from '../../platform/http/schemas.ts';

export const userDetailSchema = userSchema
  .extend({
    last_login_at: timestamp.nullable(),
    deleted_at: timestamp.nullable(),
    sessions: z.array(sessionSchema).max(100),
  })
  .meta({ id: 'UserDetail' });

/** A user, deleted or not, as shown to admins, with sessions and `ETag`; null if there is none. */
export async function readUser({ db }: Pick<Dependencies, 'db'>, id: string) {
  const user = await findAnyUser(db, id);
  if (user === null) return null;
  const sessions = await listLiveSessions(db, userRealm, id);
  const detail = {
    ...presentAccount(user),
    last_login_at: user.last_login_at?.toISOString() ?? null,
    deleted_at: user.deleted_at?.toISOString() ?? null,
    sessions: sessions.map((session) => presentSession(session)),
  };
  return { tag: accountTag(user), detail };
}
