import type { Dependencies } from '../../domain/dependencies.ts';
import { factorAdded } from '../../domain/factors/factor-changes.ts';
import type { FactorKinds } from '../../domain/factors/factor-kind.ts';
import { lockProven } from '../../domain/factors/require-proof.ts';
import { burnChallenge } from '../../domain/passkeys/passkey-challenges.ts';
import type { CreationResponse } from '../../domain/passkeys/passkey-schemas.ts';
import { insertPasskey, type Passkey } from '../../domain/passkeys/passkey-store.ts';
import {
  challengeIn,
  type MadePasskey,
  verifyCreation,
} from '../../domain/passkeys/verify-passkey.ts';
import { partyOf, type Realm } from '../../domain/realms/realms.ts';
import { describeDevice } from '../../domain/sessions/describe-device.ts';
import { renewProof } from '../../domain/sessions/renew-proof.ts';
import type { Caller } from '../../domain/sessions/session-store.ts';
import { type Transaction, transact } from '../../platform/database/database.ts';
import { badRequest } from '../../platform/errors.ts';

type Deps = Pick<Dependencies, 'db' | 'jobs' | 'keys' | 'config' | 'logger'> & FactorKinds;

type Asked = {
  response: CreationResponse;
  name: string | undefined;
  userAgent: string | undefined;
};

/**
 * Keeps the passkey that an authenticator made for the caller, with event and notice. Throws 400 if
 * the answer is not of an authenticator or not to an open challenge of this session, 409 if the
 * passkey belongs to somebody or there are too many.
 */
export async function addPasskey(
  deps: Deps,
  realm: Realm,
  caller: Caller,
  asked: Asked,
): Promise<Passkey> {
  const made = await verifyMade(deps, realm, caller, asked.response);
  if (made === null) {
    throw badRequest('The passkey could not be verified; try again', 'passkey_not_verified');
  }
  return transact(deps.db, (trx) => keep(deps, trx, realm, caller, { ...asked, ...made }));
}

async function verifyMade(
  { db, config }: Deps,
  realm: Realm,
  { account, sessionId }: Caller,
  response: CreationResponse,
): Promise<MadePasskey | null> {
  const challenge = challengeIn(response.response);
  if (challenge === null) return null;
  const purpose = { ceremony: 'create', realm, asker: { id: account.id, sessionId } } as const;
  if (!(await burnChallenge(db, purpose, challenge))) return null;
  return verifyCreation(config, realm, response, challenge);
}

async function keep(
  deps: Deps,
  trx: Transaction,
  realm: Realm,
  caller: Caller,
  { made, methods, name, userAgent }: Asked & MadePasskey,
): Promise<Passkey> {
  const account = await lockProven(deps, trx, realm, caller);
  const owner = partyOf(realm, account.id);
  const named = { ...made, name: name ?? describeDevice(userAgent ?? null) };
  const passkey = await insertPasskey(trx, owner, named);
  await factorAdded(deps, trx, realm, account, 'passkey');
  await renewProof(trx, realm, caller, { methods, since: null });
  return passkey;
}
