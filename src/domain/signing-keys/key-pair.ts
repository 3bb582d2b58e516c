import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { seal, unseal } from '../../platform/crypto/sealed.ts';
import type { KeyRing, SecretKeys } from '../../platform/crypto/secret-keys.ts';
import type { SigningAlgorithm, SigningKeyRow } from './signing-key-row.ts';

/** RFC 7517, with public members only. */
export type PublicJwk = {
  kty: 'OKP' | 'EC';
  crv: 'Ed25519' | 'P-256';
  x: string;
  y?: string;
  kid: string;
  alg: SigningAlgorithm;
  use: 'sig';
};

export type SigningKey = {
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly jwk: PublicJwk;
};

type SealedKey = Pick<SigningKeyRow, 'kid' | 'algorithm' | 'private_key' | 'key_id'>;

export function newKeyPair(keys: SecretKeys, algorithm: SigningAlgorithm): SealedKey {
  const { privateKey, publicKey } =
    algorithm === 'EdDSA'
      ? generateKeyPairSync('ed25519')
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return sealKey(keys, { kid: thumbprint(publicKey), algorithm, privateKey });
}

/** With the current secret. */
export function sealKey(
  keys: SecretKeys,
  { kid, algorithm, privateKey }: Pick<SigningKey, 'kid' | 'algorithm' | 'privateKey'>,
): SealedKey {
  const content = privateKey.export({ format: 'der', type: 'pkcs8' });
  const private_key = seal(keys.signingKey, contextOf({ kid, algorithm }), content);
  return { kid, algorithm, private_key, key_id: keys.kid };
}

/** Null if no known secret opens it. */
export function openKey(keys: KeyRing, row: SealedKey): SigningKey | null {
  const { kid, algorithm } = row;
  const secret = keys.find(row.key_id);
  const content = secret && unseal(secret.signingKey, contextOf(row), row.private_key);
  if (content === null) return null;
  const privateKey = createPrivateKey({ key: content, format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(privateKey);
  const jwk = { ...membersOf(publicKey), kid, alg: algorithm, use: 'sig' } as const;
  return { kid, algorithm, privateKey, publicKey, jwk };
}

function contextOf({ kid, algorithm }: Pick<SealedKey, 'kid' | 'algorithm'>): string {
  return `${algorithm}.${kid}`;
}

/** Those that RFC 7638 names, in its order. */
function membersOf(publicKey: KeyObject) {
  const { crv, kty, x, y } = publicKey.export({ format: 'jwk' });
  return { crv, kty, x, ...(y === undefined ? {} : { y }) } as Pick<PublicJwk, 'crv' | 'kty' | 'x'>;
}

/** RFC 7638: no two keys have the same, whoever made them. */
function thumbprint(publicKey: KeyObject): string {
  return createHash('sha256')
    .update(JSON.stringify(membersOf(publicKey)))
    .digest('base64url');
}
