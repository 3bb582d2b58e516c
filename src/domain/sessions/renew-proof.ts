import { now, type Transaction } from '../../platform/database/database.ts';
import type { Realm } from '../realms/realms.ts';
import {
  levelOf,
  type ProofMethod,
  readMethods,
  showsSecondFactor,
  writeMethods,
} from './proof.ts';
import { type Caller, lockSession } from './session-store.ts';

/**
 * Writes down what the caller has shown now; false if the session has ended. What was shown stays
 * shown: a session only rises in level. `since`: when what was shown began to belong to the account;
 * null for a factor that is added now, and therefore proves nothing yet.
 */
export async function renewProof(
  trx: Transaction,
  realm: Realm,
  { sessionId }: Pick<Caller, 'sessionId'>,
  shown: { methods: readonly ProofMethod[]; since: Date | null },
): Promise<boolean> {
  const session = await lockSession(trx, realm, sessionId);
  if (!session?.usable) return false;
  const methods = [...readMethods(session.methods), ...shown.methods];
  const changes = {
    methods: writeMethods(methods),
    level: Math.max(session.level, levelOf(methods)),
    ...(showsSecondFactor(shown.methods) && { factor_shown_at: now }),
    ...(shown.since !== null && { authenticated_at: now }),
    ...(shown.since !== null && shown.since < session.created_at && { renewed_at: now }),
  };
  await trx.updateTable('sessions').set(changes).where('id', '=', sessionId).execute();
  return true;
}
