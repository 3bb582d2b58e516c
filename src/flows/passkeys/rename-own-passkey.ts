import { lockAccount } from '../../domain/accounts/account-store.ts';
import { recordEvent } from '../../domain/audit/record-event.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { queueNotice } from '../../domain/outbox/queue-mail.ts';
import { type Passkey, renamePasskey } from '../../domain/passkeys/passkey-store.ts';
import { partyOf, type Realm } from '../../domain/realms/realms.ts';
import { type Caller, lockLiveSession } from '../../domain/sessions/session-store.ts';
import { transact } from '../../platform/database/database.ts';
import { unauthenticated } from '../../platform/errors.ts';

type Deps = Pick<Dependencies, 'db' | 'jobs' | 'keys' | 'logger'>;

/** Gives one of the caller's passkeys another name; null if there is no such passkey. */
export async function renameOwnPasskey(
  deps: Deps,
  realm: Realm,
  caller: Caller,
  { id, name }: Pick<Passkey, 'id' | 'name'>,
): Promise<Passkey | null> {
  return transact(deps.db, async (trx) => {
    const account = await lockAccount(trx, realm, caller.account.id);
    if (!account?.is_active || !(await lockLiveSession(trx, realm, caller.sessionId)))
      throw unauthenticated();
    const subject = partyOf(realm, account.id);
    const renamed = await renamePasskey(trx, subject, id, name);
    if (renamed === null) return null;
    await recordEvent(deps, trx, { event: 'passkey_renamed', subject });
    await queueNotice(deps, trx, realm, account, 'passkey_renamed');
    return renamed;
  });
}
