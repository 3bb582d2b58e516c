import { createHmac, randomUUID } from 'node:crypto';
import type { TestApp } from './test-app.ts';

type Json = Record<string, unknown>;

/** What a token is made of; `undefined` in `header` or `claims` leaves that member out. */
type Forgery = {
  header?: Json;
  claims?: Json;
  /** The payload's text as it stands, for what JSON.stringify does not write. */
  rawClaims?: string;
  /** The key of the signature; the service's own unless told otherwise. */
  key?: Buffer | string;
  digest?: 'sha256' | 'sha384' | 'sha512';
  /** The signature itself. */
  signature?: string;
};

/**
 * An access token made by hand, with no library between the test and its bytes. Of an account's genuine token it
 * changes what is named; with nothing named it is as good as a genuine one.
 */
export function forgeToken({ keys }: Pick<TestApp, 'keys'>, genuine: string, forgery: Forgery = {}): string {
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
