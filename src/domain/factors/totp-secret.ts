import { randomBytes } from 'node:crypto';
import { Secret, TOTP } from 'otpauth';
import { seal, unseal } from '../../platform/crypto/sealed.ts';
import type { KeyRing, SecretKeys } from '../../platform/crypto/secret-keys.ts';
import type { Party } from '../realms/realms.ts';

/** What every app takes (RFC 6238), and the only thing that many take. */
const shape = { algorithm: 'SHA1', digits: 6, period: 30 } as const;

/** A phone's clock may be this many steps off. */
const drift = 1;

type Place = { id: string; owner: Party };
type Sealed = { key_id: string; secret: Buffer };

/** 160 bits, as RFC 4226 § 4 recommends. */
export function newTotpSecret(): Buffer {
  return randomBytes(20);
}

/** From the text that apps show. */
export function totpSecretOf(base32: string): Buffer {
  return Buffer.from(Secret.fromBase32(base32).bytes);
}

export function sealTotpSecret(keys: SecretKeys, place: Place, secret: Buffer): Sealed {
  return { key_id: keys.kid, secret: seal(keys.factor, contextOf(place), secret) };
}

/** Null if the secret key that it was sealed with is retired. */
export function openTotpSecret(keys: KeyRing, place: Place, sealed: Sealed): Buffer | null {
  const secretKeys = keys.find(sealed.key_id);
  return secretKeys && unseal(secretKeys.factor, contextOf(place), sealed.secret);
}

function contextOf({ id, owner }: Place): string {
  return ['totp', owner.kind, owner.id, id].join('\0');
}

/** The time step of the code, near `seconds`; null if it is wrong. */
export function stepOfCode(secret: Buffer, code: string, seconds: number): number | null {
  // The library throws for six characters that are more than six bytes.
  if (!/^\d{6}$/.test(code)) return null;
  const totp = new TOTP({ ...shape, secret: secretOf(secret) });
  const delta = totp.validate({ token: code, timestamp: seconds * 1000, window: drift });
  return delta === null ? null : Math.floor(seconds / shape.period) + delta;
}

/** What an app reads, from the text or from the QR code. */
export function describeTotp(secret: Buffer, { issuer, label }: { issuer: string; label: string }) {
  const totp = new TOTP({ ...shape, secret: secretOf(secret), issuer, label });
  return { base32: totp.secret.base32, url: totp.toString() };
}

function secretOf(secret: Buffer): Secret {
  return new Secret({ buffer: new Uint8Array(secret).buffer });
}
