import { z } from 'zod';
import type { Config } from '../../configuration/config.ts';
import type { Realm } from '../realms/realms.ts';
import type { ProofMethod } from '../sessions/proof.ts';
import type { CreationResponse, PresentedPasskey } from './passkey-schemas.ts';
import type { NewPasskey, Passkey } from './passkey-store.ts';
import { relyingPartyOf, userVerificationFor } from './relying-party.ts';

/** By their COSE numbers: Ed25519, ES256 and, for Windows Hello, RS256. */
export const algorithms = [-8, -7, -257];

type Shown = { passkey: Pick<Passkey, 'is_synced'>; isUserVerified: boolean };

/** In the words of RFC 8176: a synced key is software, and `user` says that a person was checked. */
export function methodsOf({ passkey, isUserVerified }: Shown): ProofMethod[] {
  const key = passkey.is_synced ? 'swk' : 'hwk';
  return isUserVerified ? [key, 'user'] : [key];
}

export type MadePasskey = { made: NewPasskey; methods: ProofMethod[] };

const transports = ['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb'];

const clientData = z.object({
  challenge: z.string(),
  crossOrigin: z.literal(false).optional(),
  topOrigin: z.undefined().optional(),
});

/**
 * The challenge in an authenticator's answer; null if there is none, or if the answer was made in
 * a frame of another site, which the library lets pass (clickjacking).
 */
export function challengeIn({ clientDataJSON }: { clientDataJSON: string }): string | null {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(clientDataJSON, 'base64url').toString());
    return clientData.parse(parsed).challenge;
  } catch {
    return null;
  }
}

/** Null if it is not the answer of an authenticator to this challenge, for this service. */
export async function verifyCreation(
  config: Config,
  realm: Realm,
  response: CreationResponse,
  challenge: string,
): Promise<MadePasskey | null> {
  const { verifyRegistrationResponse } = await library();
  if (!(await isWithoutCertificates(response))) return null;
  const party = relyingPartyOf(config);
  const verified = await orNull(() =>
    verifyRegistrationResponse({
      response: {
        ...response,
        response: {
          clientDataJSON: response.response.clientDataJSON,
          attestationObject: response.response.attestationObject,
        },
        clientExtensionResults: {},
      },
      expectedChallenge: challenge,
      expectedOrigin: party.origins,
      expectedRPID: party.id,
      requireUserVerification: userVerificationFor(realm) === 'required',
      supportedAlgorithmIDs: algorithms,
    }),
  );
  if (!verified?.verified) return null;
  const { credential, credentialDeviceType, userVerified } = verified.registrationInfo;
  const named = response.response.transports ?? [];
  const made = {
    credential_id: Buffer.from(credential.id, 'base64url'),
    public_key: Buffer.from(credential.publicKey),
    counter: credential.counter,
    transports: transports.filter((one) => named.includes(one)).join(','),
    is_synced: credentialDeviceType === 'multiDevice',
  };
  return { made, methods: methodsOf({ passkey: made, isUserVerified: userVerified }) };
}

/**
 * Nobody asked for an attestation. Who sends one with certificates makes the library read them, and
 * fetch lists of revoked ones from addresses that they name (SSRF). Without certificates it is
 * either none or signed by the passkey itself.
 */
async function isWithoutCertificates({ response }: CreationResponse): Promise<boolean> {
  const { decodeAttestationObject } = await import('@simplewebauthn/server/helpers');
  const decoded = await orNull(() => {
    const object = decodeAttestationObject(
      new Uint8Array(Buffer.from(response.attestationObject, 'base64url')),
    );
    const format = object.get('fmt');
    return format === 'none' || (format === 'packed' && !object.get('attStmt').get('x5c'));
  });
  return decoded === true;
}

export type Assertion = { counter: number; isUserVerified: boolean };

/** Null if the passkey did not sign this challenge for this service. The counter is unchecked. */
export async function verifyAssertion(
  config: Config,
  realm: Realm,
  { credential_id, public_key }: Pick<Passkey, 'credential_id' | 'public_key'>,
  response: PresentedPasskey['response'],
  challenge: string,
): Promise<Assertion | null> {
  const { verifyAuthenticationResponse } = await library();
  const party = relyingPartyOf(config);
  const { userHandle, ...signed } = response.response;
  const verified = await orNull(() =>
    verifyAuthenticationResponse({
      response: { ...response, response: signed, clientExtensionResults: {} },
      expectedChallenge: challenge,
      expectedOrigin: party.origins,
      expectedRPID: party.id,
      requireUserVerification: userVerificationFor(realm) === 'required',
      // The library compares counters before the signature: a stranger, who can write any counter
      // into an answer, could raise the alarm about a copied key.
      credential: {
        id: credential_id.toString('base64url'),
        publicKey: new Uint8Array(public_key),
        counter: 0,
      },
    }),
  );
  if (!verified?.verified) return null;
  const { newCounter, userVerified } = verified.authenticationInfo;
  return { counter: newCounter, isUserVerified: userVerified };
}

/** Loaded with the first passkey: it brings parsers of certificates that the service never uses. */
function library() {
  return import('@simplewebauthn/server');
}

/** The library throws an `Error` for whatever it does not like, also for what is no CBOR. */
async function orNull<T>(verify: () => T | Promise<T>): Promise<T | null> {
  try {
    return await verify();
  } catch {
    return null;
  }
}
