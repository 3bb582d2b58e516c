import { findAnyUser } from '../../domain/accounts/deleted-accounts.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { type AppError, conflict, notFound } from '../../platform/errors.ts';

/** Why an admin's work found no user: 409 `user_deleted` for a deleted one, else 404. */
export async function noSuchUser({ db }: Pick<Dependencies, 'db'>, id: string): Promise<AppError> {
  const user = await findAnyUser(db, id);
  if (user?.deleted_at)
    return conflict('The user is deleted; restore it first', 'user_deleted', 'user');
  return notFound('User not found');
}
