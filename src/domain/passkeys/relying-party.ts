import type { Config } from '../../configuration/config.ts';
import type { Party, Realm } from '../realms/realms.ts';

/** Whom a passkey is made for, in WebAuthn's term: its id is the host that browsers bind it to. */
type RelyingParty = { id: string; name: string; origins: string[] };

/** From the configuration alone: a request could name the origin of a phishing page. */
export function relyingPartyOf({
  publicUrl,
  passkeyOrigins,
  projectName,
}: Pick<Config, 'publicUrl' | 'passkeyOrigins' | 'projectName'>): RelyingParty {
  const { hostname, origin } = new URL(publicUrl);
  return { id: hostname, name: projectName, origins: [origin, ...passkeyOrigins] };
}

/** Who works with others' accounts has to be the person, not merely the holder of the device. */
export function userVerificationFor({ kind }: Realm): 'required' | 'preferred' {
  return kind === 'admin' ? 'required' : 'preferred';
}

/**
 * What an authenticator keeps of the account, and gives back with each signature. It keeps one
 * passkey per handle, so that a user and an admin have different ones.
 */
export function userHandleOf({ kind, id }: Party): Buffer {
  return Buffer.from(`${kind}:${id}`);
}

export function isUserHandleOf(party: Party, handle: string): boolean {
  return Buffer.from(handle, 'base64url').equals(userHandleOf(party));
}
