import { sha256 } from './secret-keys.ts';

/** The `code_challenge` of a verifier, by S256 (RFC 7636 § 4.2). */
export function codeChallengeOf(codeVerifier: string): string {
  return sha256(codeVerifier).toString('base64url');
}
