import { randomBytes } from 'node:crypto';
import {
  equalSecrets,
  hmacSha256,
  type KeyRing,
  type SecretKeys,
  sha256,
} from '../../platform/crypto/secret-keys.ts';
import { type AppError, unauthenticated } from '../../platform/errors.ts';
import type { RealmKind } from '../realms/realms.ts';

/**
 * `"r1." + base64url(family id 16 ‖ generation u32 ‖ secret 32 ‖ tag 16)`. The tag proves without
 * a query that this service issued the token for this realm. The successor's secret is derived from
 * the presented secret and a key outside the database. So a lost response can be repeated, although
 * the database stores only hashes.
 */
export type RefreshToken = {
  readonly sessionId: string;
  readonly generation: number;
  readonly secret: Buffer;
};

const prefix = 'r1.';
const tagLength = 16;
const tokenLength = 16 + 4 + 32 + tagLength;

export function firstRefreshToken(sessionId: string): RefreshToken {
  return { sessionId, generation: 0, secret: randomBytes(32) };
}

/** Deterministic: a token has only one successor under the same keys. */
export function successorOf(token: RefreshToken, keys: SecretKeys): RefreshToken {
  const generation = token.generation + 1;
  const secret = hmacSha256(
    keys.refreshSuccessor,
    'rt/v1',
    idBytes(token.sessionId),
    generationBytes(generation),
    token.secret,
  );
  return { sessionId: token.sessionId, generation, secret };
}

export function refreshTokenHash(token: RefreshToken): Buffer {
  return sha256(token.secret);
}

export function encodeRefreshToken(token: RefreshToken, kind: RealmKind, keys: SecretKeys): string {
  const body = Buffer.concat([
    idBytes(token.sessionId),
    generationBytes(token.generation),
    token.secret,
  ]);
  return prefix + Buffer.concat([body, tagOf(body, kind, keys)]).toString('base64url');
}

/** Null for anything that this service did not issue for this realm. Needs no query. */
export function decodeRefreshToken(
  text: string,
  kind: RealmKind,
  keys: KeyRing,
): RefreshToken | null {
  if (!text.startsWith(prefix)) return null;
  const encoded = text.slice(prefix.length);
  const bytes = Buffer.from(encoded, 'base64url');
  if (bytes.length !== tokenLength || bytes.toString('base64url') !== encoded) return null;
  const body = bytes.subarray(0, -tagLength);
  const tag = bytes.subarray(-tagLength);
  if (!keys.all.some((secret) => equalSecrets(tagOf(body, kind, secret), tag))) return null;
  return {
    sessionId: idText(body.subarray(0, 16)),
    generation: body.readUInt32BE(16),
    secret: Buffer.from(body.subarray(20)),
  };
}

function tagOf(body: Buffer, kind: RealmKind, keys: SecretKeys): Buffer {
  return hmacSha256(keys.refreshTag, kind, body).subarray(0, tagLength);
}

function generationBytes(generation: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(generation);
  return bytes;
}

function idBytes(id: string): Buffer {
  return Buffer.from(id.replaceAll('-', ''), 'hex');
}

function idText(bytes: Buffer): string {
  return bytes.toString('hex').replace(/(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

export function invalidRefreshToken(): AppError {
  return unauthenticated('The refresh token is not valid', 'invalid_refresh_token');
}
