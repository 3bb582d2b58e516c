import { z } from 'zod';
import type { Dependencies } from '../../dependencies.ts';
import { timestamp } from '../../platform/http/schemas.ts';
import { userSchema } from '../accounts/account-schemas.ts';
import { findAccount } from '../accounts/account-store.ts';
import { presentAccount } from '../accounts/present-account.ts';
import { userRealm } from '../accounts/realms.ts';
import { presentSession, sessionSchema } from '../sessions/present-session.ts';
import { listLiveSessions } from '../sessions/session-store.ts';

export const userDetailSchema = userSchema
  .extend({
    last_login_at: timestamp.nullable(),
    deleted_at: timestamp.nullable(),
    sessions: z.array(sessionSchema).max(100),
  })
  .meta({ id: 'UserDetail' });

/** A user as an admin sees one, with the live sessions; null where there is none. */
export async function readUser({ db }: Pick<Dependencies, 'db'>, id: string) {
  const user = await findAccount(db, userRealm, id);
  if (user === null) return null;
  const sessions = await listLiveSessions(db, userRealm, id);
  return {
    ...presentAccount(user),
    last_login_at: user.last_login_at?.toISOString() ?? null,
    deleted_at: null,
    sessions: sessions.map((session) => presentSession(session)),
  };
}
