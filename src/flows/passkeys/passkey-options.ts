import type { z } from 'zod';
import type { Dependencies } from '../../domain/dependencies.ts';
import { challengeHash } from '../../domain/factors/ask-for-second-factor.ts';
import { findChallenged } from '../../domain/factors/challenge-store.ts';
import {
  challengeOf,
  challengeSeconds,
  issueChallenge,
} from '../../domain/passkeys/passkey-challenges.ts';
import type { creationOptions, requestOptions } from '../../domain/passkeys/passkey-schemas.ts';
import { listPasskeys, type Passkey, requireRoom } from '../../domain/passkeys/passkey-store.ts';
import {
  relyingPartyOf,
  userHandleOf,
  userVerificationFor,
} from '../../domain/passkeys/relying-party.ts';
import { algorithms } from '../../domain/passkeys/verify-passkey.ts';
import { partyOf, type Realm } from '../../domain/realms/realms.ts';
import type { Client } from '../../domain/sessions/open-session.ts';
import type { Caller } from '../../domain/sessions/session-store.ts';

type Deps = Pick<Dependencies, 'db' | 'keys' | 'config' | 'logger'>;

const timeout = challengeSeconds * 1000;

/** What a browser needs to make a passkey for the caller. Throws 409 if there are too many. */
export async function offerCreation(
  deps: Deps,
  realm: Realm,
  { account, sessionId }: Caller,
  ip: string,
): Promise<z.output<typeof creationOptions>> {
  const owner = partyOf(realm, account.id);
  await requireRoom(deps.db, owner);
  const asker = { id: account.id, sessionId };
  const challenge = await issueChallenge(deps, { ceremony: 'create', realm, asker }, ip);
  const { id, name } = relyingPartyOf(deps.config);
  const excluded = await listPasskeys(deps.db, owner);
  return {
    challenge,
    timeout,
    rp: { id, name },
    user: {
      id: userHandleOf(owner).toString('base64url'),
      name: account.username ?? account.email,
      displayName: account.full_name ?? '',
    },
    pubKeyCredParams: algorithms.map((alg) => ({ type: 'public-key', alg })),
    excludeCredentials: excluded.map(describe),
    authenticatorSelection: {
      residentKey: 'required',
      requireResidentKey: true,
      userVerification: userVerificationFor(realm),
    },
    attestation: 'none',
    extensions: { credProps: true },
  };
}

type Offer = { challenge: string; options: z.output<typeof requestOptions> };
type Asked = { client: Client; secondFactorChallenge: string | null };

/**
 * The same for everybody, without a list of passkeys: nothing can be learnt by asking. Who has shown
 * the password gets the list of the account: browsers need it for passkeys that do not verify their
 * user.
 */
export async function offerRequest(
  deps: Deps,
  realm: Realm,
  { client, secondFactorChallenge }: Asked,
): Promise<Offer> {
  const token = await issueChallenge(deps, { ceremony: 'get', realm }, client.ip);
  const owner =
    secondFactorChallenge &&
    (await findChallenged(deps.db, challengeHash(deps, realm, secondFactorChallenge, client)));
  const listed = owner && { allowCredentials: (await listPasskeys(deps.db, owner)).map(describe) };
  const { id: rpId } = relyingPartyOf(deps.config);
  const challenge = challengeOf(token).toString('base64url');
  const userVerification = userVerificationFor(realm);
  return { challenge: token, options: { challenge, timeout, rpId, userVerification, ...listed } };
}

function describe({ credential_id, transports }: Passkey) {
  return {
    id: credential_id.toString('base64url'),
    type: 'public-key' as const,
    transports: transports.split(',').filter(Boolean),
  };
}
