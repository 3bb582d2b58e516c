import { createHmac, randomUUID } from 'node:crypto';
import type { TestApp } from './test-app.ts';

type Json = Record<string, unknown>;

/** Changes to a token; `undefined` in `header` or `claims` removes that member. */
type Forgery = {
  header?: Json;
  claims?: Json;
  /** The raw payload text, for what JSON.stringify cannot write. */
  rawClaims?: string;
  /** The signing key; the service's own by default. */
  key?: Buffer | string;
  digest?: 'sha256' | 'sha384' | 'sha512';
  /** The signature itself. */
  signature?: string;
};

/**
 * An access token built by hand, with no library between the test and its bytes. Only the named
 * parts of the genuine token change; without any it is as valid as the original.
 */
export function forgeToken(
  { keys }: Pick<TestApp, 'keys'>,
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
  const hmac = createHmac(forgery.digest ?? 'sha256', forgery.key ?? keys.current.jwt);
  return `${signed}.${forgery.signature ?? hmac.update(signed).digest('base64url')}`;
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
