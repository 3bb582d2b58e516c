import { randomUUID } from 'node:crypto';
import { decodeProtectedHeader, importJWK, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import type { KeyRing, SecretKeys } from '../../platform/crypto/secret-keys.ts';
import type { RealmKind } from '../realms/realms.ts';

/** The claims of a genuine, unexpired access token. Rights are read on each request instead. */
export type AccessTokenClaims = {
  subjectId: string;
  kind: RealmKind;
  sessionId: string;
  expiresAtSeconds: number;
};

type TokenSubject = {
  subjectId: string;
  kind: RealmKind;
  sessionId: string;
  /** For other services. It is one claim, so that no member can pass for another claim. */
  appMetadata?: Record<string, unknown> | undefined;
};

export type AccessTokens = {
  /** Call it after the commit of the session. */
  sign(subject: TokenSubject): Promise<string>;
  /** Null for anything that is not a genuine, unexpired access token. Never throws. */
  verify(token: string): Promise<AccessTokenClaims | null>;
};

type Clock = () => Date;

const issuer = 'adl';
const audience = 'adl-api';
const toleranceSeconds = 30;

/** JWT access tokens (RFC 9068), HS256 only (RFC 8725 § 3.1). One clock issues and checks them. */
export async function createAccessTokens(
  keys: KeyRing,
  lifetimeSeconds: number,
  clock: Clock,
  maxRemembered = 10_000,
): Promise<AccessTokens> {
  const signingKeys = new Map<string, CryptoKey>();
  for (const secret of keys.all) signingKeys.set(secret.kid, await importKey(secret));
  const currentKey = await importKey(keys.current);
  const remembered = new Map<string, AccessTokenClaims>();

  return {
    sign: async ({ subjectId, kind, sessionId, appMetadata }) => {
      const issuedAtSeconds = Math.floor(clock().getTime() / 1000);
      return new SignJWT({
        kind,
        sid: sessionId,
        ...(appMetadata && { app_metadata: appMetadata }),
      })
        .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: keys.current.kid })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject(subjectId)
        .setJti(randomUUID())
        .setIssuedAt(issuedAtSeconds)
        .setExpirationTime(issuedAtSeconds + lifetimeSeconds)
        .sign(currentKey);
    },
    verify: async (token) => {
      const now = clock();
      const known =
        remembered.get(token) ?? (await verifyAnew(token, signingKeys, lifetimeSeconds, now));
      if (known === null || known.expiresAtSeconds + toleranceSeconds <= now.getTime() / 1000)
        return null;
      remember(remembered, token, known, maxRemembered);
      return known;
    },
  };
}

/** Saves 70 µs and a thread pool turn per request: a client sends the same token for minutes. */
function remember(
  remembered: Map<string, AccessTokenClaims>,
  token: string,
  claims: AccessTokenClaims,
  max: number,
): void {
  remembered.delete(token);
  remembered.set(token, claims);
  if (remembered.size > max) remembered.delete(remembered.keys().next().value as string);
}

const header = z.strictObject({
  alg: z.literal('HS256'),
  typ: z.literal('at+jwt'),
  kid: z.string().max(64),
});

const claims = z.object({
  sub: z.uuid(),
  kind: z.enum(['user', 'admin']),
  sid: z.uuid(),
  jti: z.uuid(),
  iat: z.int(),
  exp: z.int(),
});

async function verifyAnew(
  token: string,
  signingKeys: ReadonlyMap<string, CryptoKey>,
  lifetimeSeconds: number,
  now: Date,
): Promise<AccessTokenClaims | null> {
  try {
    if (!isCanonical(token)) return null;
    // Other header parameters (jwk, jku, x5u, crit, b64, cty …) ask for processing we do not do.
    const { kid } = header.parse(decodeProtectedHeader(token));
    const key = signingKeys.get(kid);
    if (!key) return null;
    const { payload } = await jwtVerify(token, key, {
      algorithms: ['HS256'],
      typ: 'at+jwt',
      issuer,
      audience,
      clockTolerance: toleranceSeconds,
      maxTokenAge: lifetimeSeconds,
      currentDate: now,
    });
    const { sub, kind, sid, iat, exp } = claims.parse(payload);
    // A token signed under a longer lifetime must not outlive the current one in the cache.
    const expiresAtSeconds = Math.min(exp, iat + lifetimeSeconds);
    return { subjectId: sub, kind, sessionId: sid, expiresAtSeconds };
  } catch {
    return null;
  }
}

/** The last base64url character has unused bits. Only the canonical encoding is accepted. */
function isCanonical(token: string): boolean {
  return token
    .split('.')
    .every((part) => Buffer.from(part, 'base64url').toString('base64url') === part);
}

async function importKey(secret: SecretKeys): Promise<CryptoKey> {
  return (await importJWK(
    { kty: 'oct', k: secret.jwt.toString('base64url') },
    'HS256',
  )) as unknown as CryptoKey;
}
