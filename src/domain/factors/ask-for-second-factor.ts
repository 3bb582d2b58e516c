import { randomBytes } from 'node:crypto';
import { sha256 } from '../../platform/crypto/secret-keys.ts';
import { type AppError, secondFactorRequired } from '../../platform/errors.ts';
import { networkOf } from '../../platform/http/client-address.ts';
import type { Credentials } from '../accounts/account-credentials.ts';
import { recordRefusal } from '../audit/record-event.ts';
import type { Dependencies } from '../dependencies.ts';
import { partyOf, type Realm } from '../realms/realms.ts';
import type { Client } from '../sessions/open-session.ts';
import type { ProofMethod } from '../sessions/proof.ts';
import { challengeLifeSeconds, insertChallenge } from './challenge-store.ts';
import type { FactorKinds } from './factor-kind.ts';
import { isOffered, membersOf } from './factors.ts';

type Deps = Pick<Dependencies, 'db' | 'config' | 'keys' | 'logger'> & FactorKinds;
type FirstStep = { client: Client; methods: readonly ProofMethod[] };

/**
 * For every way of signing in: the 401 to throw when its own step is done, and the account has a
 * second factor. The challenge in it is good for the same account, password and client only.
 */
export async function askForSecondFactor(
  deps: Deps,
  realm: Realm,
  { id, password_version }: Pick<Credentials, 'id' | 'password_version'>,
  { client, methods }: FirstStep,
): Promise<AppError> {
  const owner = partyOf(realm, id);
  const token = randomBytes(32).toString('base64url');
  const challenge = {
    owner,
    passwordVersion: password_version,
    methods,
    tokenHash: challengeHash(deps, realm, token, client),
    networkHash: sha256(networkOf(client.ip, deps.config.rateLimitIpv6Prefix)),
  };
  const offered = await insertChallenge(deps.db, challenge, isOffered(deps, owner));
  await recordRefusal(deps, { event: 'second_factor_asked', actor: null, subject: owner });
  return secondFactorRequired({
    challenge: token,
    methods: membersOf(deps, offered),
    expires_in: challengeLifeSeconds,
  });
}

/** From another network, another program or in the other realm, the token is unknown. */
export function challengeHash(
  { config }: Pick<Dependencies, 'config'>,
  realm: Realm,
  token: string,
  { ip, userAgent = '' }: Client,
): Buffer {
  const network = networkOf(ip, config.rateLimitIpv6Prefix);
  return sha256([token, realm.kind, network, userAgent].join('\0'));
}
