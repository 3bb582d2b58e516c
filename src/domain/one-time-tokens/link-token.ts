import {
  equalSecrets,
  hmacSha256,
  type SecretKeys,
  sha256,
} from '../../platform/crypto/secret-keys.ts';
import type { LinkPurpose } from './link-row.ts';

/** What a link is bound to: a different value of any field gives a different token. */
export type LinkBinding = {
  id: Buffer;
  purpose: LinkPurpose;
  subject_id: string;
  email: string;
  password_version: number;
};

const idLength = 16;
const tokenLength = idLength + 32;

/**
 * `base64url(id 16 ‖ HMAC-SHA-256(key, bound fields))`. The mail worker derives it from the row.
 * Neither the queue nor the database holds it, so a leaked database contains no usable links.
 */
export function linkToken(link: LinkBinding, keys: SecretKeys): string {
  const mac = hmacSha256(keys.link, link.id, boundText(link));
  return Buffer.concat([link.id, mac]).toString('base64url');
}

const codeDigits = 8;

/**
 * The code of the same link, to type where it was asked for. It can be guessed, so whoever checks
 * one bounds the tries; no hash of it is stored, because it could be found by trying.
 */
export function linkCode(link: LinkBinding, keys: SecretKeys): string {
  const mac = hmacSha256(keys.link, link.id, boundText(link), '\0code');
  // 48 bits: no code is more likely by more than one in a million.
  return String(mac.readUIntBE(0, 6) % 10 ** codeDigits).padStart(codeDigits, '0');
}

function boundText({ purpose, subject_id, email, password_version }: LinkBinding): string {
  return [purpose, subject_id, email, String(password_version)].join('\0');
}

export function linkTokenHash(token: string): Buffer {
  return sha256(token);
}

/** The id of the link in a token; null if the text is not a token. Needs no query. */
export function linkIdOf(token: string): Buffer | null {
  const bytes = Buffer.from(token, 'base64url');
  if (bytes.length !== tokenLength || bytes.toString('base64url') !== token) return null;
  return bytes.subarray(0, idLength);
}

export function isTokenOf(token: string, tokenHash: Buffer): boolean {
  return equalSecrets(linkTokenHash(token), tokenHash);
}
