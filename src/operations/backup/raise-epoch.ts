import { recordEvent } from '../../domain/audit/record-event.ts';
import { beginEpoch } from '../../domain/backups/backup-store.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { endEveryLink } from '../../domain/one-time-tokens/link-store.ts';
import { buryQueuedMails } from '../../domain/outbox/mail-store.ts';
import { revokeEverySession } from '../../domain/sessions/session-store.ts';
import { revokeSigningKeys } from '../../domain/signing-keys/signing-key-store.ts';
import type { Transaction } from '../../platform/database/database.ts';

export type Epoch = {
  epoch: number;
  sessions_ended: number;
  links_ended: number;
  mails_stopped: number;
};

/**
 * Ends every session, link and signing key: the database went back in time, and has forgotten which of
 * them were ended since. Mails that were queued then were sent long ago; admins see them and may
 * send them again.
 */
export async function raiseEpoch(
  deps: Pick<Dependencies, 'keys' | 'logger'>,
  trx: Transaction,
): Promise<Epoch> {
  const reason = 'database_restored';
  const sessions = await revokeEverySession(trx, reason);
  const links = await endEveryLink(trx, reason);
  // One of them may have been revoked since. The next start makes new ones.
  await revokeSigningKeys(trx);
  const mails = await buryQueuedMails(trx, 'the database was restored');
  const epoch = await beginEpoch(trx);
  await recordEvent(deps, trx, {
    event: 'database_restored',
    actor: null,
    details: { count: epoch },
  });
  return { epoch, sessions_ended: sessions, links_ended: links, mails_stopped: mails };
}
