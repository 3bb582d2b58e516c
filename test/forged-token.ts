import { createHmac, type KeyObject, randomUUID, sign } from 'node:crypto';
import type { TestApp } from './test-app.ts';

type Json = Record<string, unknown>;

/** Changes to a token; `undefined` in `header` or `claims` removes that member. */
type Forgery = {
  header?: Json;
  claims?: Json;
  /** The raw payload text, for what JSON.stringify cannot write. */
  rawClaims?: string;
  /** A secret for HS256, or a private key; by default the one that signed the genuine token. */
  key?: Buffer | string | KeyObject;
  digest?: 'sha256' | 'sha384' | 'sha512';
  /** The signature itself. */
  signature?: string;
};

/**
 * An access token built by hand, with no library between the test and its bytes. Only the named
 * parts of the genuine token change; without any it is as valid as the original.
 */
export function forgeToken(
  { keys, deps }: Pick<TestApp, 'keys' | 'deps'>,
  genuine: string,
  forgery: Forgery = {},
): string {
  const [header = '', claims = ''] = genuine.split('.').slice(0, 2).map(decodePart);
  const changedClaims = { ...JSON.parse(claims), jti: randomUUID(), ...forgery.claims };
  const signed = [
    JSON.stringify({ ...JSON.parse(header), ...forgery.header }),
    forgery.rawClaims ?? JSON.stringify(changedClaims),
  ]
    .map(encodePart)
    .join('.');
  const { kid } = JSON.parse(header) as { kid: string };
  const own = deps.signingKeys.find(kid)?.privateKey ?? keys.current.jwt;
  const key = forgery.key ?? (forgery.digest === undefined ? own : keys.current.jwt);
  return `${signed}.${forgery.signature ?? signText(signed, key, forgery.digest)}`;
}

function signText(text: string, key: NonNullable<Forgery['key']>, digest = 'sha256'): string {
  if (typeof key === 'string' || Buffer.isBuffer(key))
    return createHmac(digest, key).update(text).digest('base64url');
  const isEd25519 = key.asymmetricKeyType === 'ed25519';
  const options = { key, dsaEncoding: 'ieee-p1363' } as const;
  return sign(isEd25519 ? null : digest, Buffer.from(text), options).toString('base64url');
}

/** Header and claims of a token, unverified. */
export function readToken(token: string): { header: Json; claims: Json } {
  const [header = '', claims = ''] = token.split('.').slice(0, 2).map(decodePart);
  return { header: JSON.parse(header) as Json, claims: JSON.parse(claims) as Json };
}

function encodePart(text: string): string {
  return Buffer.from(text).toString('base64url');
}

function decodePart(part: string): string {
  return Buffer.from(part, 'base64url').toString();
}
