import { lockAnyUser } from '../../domain/accounts/deleted-accounts.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { LinkNotGoodError } from '../../domain/one-time-tokens/link-not-good.ts';
import { type Link, useLink } from '../../domain/one-time-tokens/link-store.ts';
import { queueNotice } from '../../domain/outbox/queue-mail.ts';
import { userRealm } from '../../domain/realms/realms.ts';
import { restoreDeleted } from '../../domain/revocation/restore-deleted.ts';
import { transact } from '../../platform/database/database.ts';

/** Restores an account that its owner deleted. Throws `LinkNotGoodError`. */
export async function undoDeletion(
  deps: Pick<Dependencies, 'db' | 'jobs' | 'keys' | 'logger'>,
  link: Link,
): Promise<void> {
  await transact(deps.db, async (trx) => {
    const user = await lockAnyUser(trx, link.subject_id);
    if (user?.deleted_by !== 'owner' || !(await useLink(trx, link))) throw new LinkNotGoodError();
    await restoreDeleted(deps, trx, user);
    await queueNotice(deps, trx, userRealm, user, 'account_restored');
  });
}
