import { createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

/** The keys derived from one secret, each by HKDF with its own label (RFC 5869). */
export type SecretKeys = {
  /** A fingerprint that identifies the secret of a token or row without revealing it. */
  readonly kid: string;
  readonly jwt: Buffer;
  readonly refreshTag: Buffer;
  readonly refreshSuccessor: Buffer;
  readonly refreshClient: Buffer;
  readonly link: Buffer;
  readonly throttle: Buffer;
  /** Marks an audit event as written by the service. */
  readonly auditSeal: Buffer;
  readonly auditChain: Buffer;
  /** The seed of an Ed25519 key. */
  readonly auditCheckpoint: Buffer;
  readonly idempotency: Buffer;
  /** Encrypts the private keys in `signing_keys`. */
  readonly signingKey: Buffer;
  /** Seals what second factors are checked with. */
  readonly factor: Buffer;
  /** Makes what ties an answer of a provider to the question. */
  readonly providerAttempt: Buffer;
  /** Encrypts answers of providers. */
  readonly providerExchange: Buffer;
  /** Signs what clients have to solve before a costly request. */
  readonly puzzle: Buffer;
  /** Of `adl doctor`: that asker and answerer have the same secret. */
  readonly diagnosis: Buffer;
};

export type KeyRing = {
  readonly current: SecretKeys;
  /** The current or previous keys with that fingerprint; null if the secret is retired. */
  find(kid: string): SecretKeys | null;
  readonly all: readonly SecretKeys[];
};

/** `previous` is still accepted, but never used for new tokens or rows. */
export function createKeyRing(secret: string, previous?: string): KeyRing {
  const current = deriveKeys(secret);
  const all = previous === undefined ? [current] : [current, deriveKeys(previous)];
  return { current, all, find: (kid) => all.find((keys) => keys.kid === kid) ?? null };
}

export function sha256(data: Buffer | string): Buffer {
  return createHash('sha256').update(data).digest();
}

export function hmacSha256(key: Buffer, ...parts: (Buffer | string)[]): Buffer {
  const hmac = createHmac('sha256', key);
  for (const part of parts) hmac.update(part);
  return hmac.digest();
}

/** Compares in constant time; secrets of different length are unequal. */
export function equalSecrets(one: Buffer | string, other: Buffer | string): boolean {
  return timingSafeEqual(sha256(one), sha256(other));
}

function deriveKeys(secret: string): SecretKeys {
  const derive = (label: string, length = 32): Buffer =>
    Buffer.from(hkdfSync('sha256', secret, 'adl', label, length));
  return {
    kid: derive('kid/v1', 9).toString('base64url'),
    jwt: derive('jwt/v1'),
    refreshTag: derive('refresh-tag/v1'),
    refreshSuccessor: derive('refresh/v1'),
    refreshClient: derive('refresh-client/v1'),
    link: derive('link/v1'),
    throttle: derive('throttle/v1'),
    auditSeal: derive('audit-seal/v1'),
    auditChain: derive('audit-chain/v1'),
    auditCheckpoint: derive('audit-checkpoint/v1'),
    idempotency: derive('idempotency/v1'),
    signingKey: derive('signing-key/v1'),
    factor: derive('factor/v1'),
    providerAttempt: derive('provider-attempt/v1'),
    providerExchange: derive('provider-exchange/v1'),
    puzzle: derive('puzzle/v1'),
    diagnosis: derive('diagnosis/v1'),
  };
}
