declare module '../../platform/database/database.ts' {
  interface Tables {
    signing_keys: SigningKeyRow;
    hmac_tokens: { is_only: true; signed_until: Date };
  }
}

/** With a public key that other services can read. */
export type SigningAlgorithm = 'EdDSA' | 'ES256';

export type SigningKeyRow = {
  kid: string;
  algorithm: SigningAlgorithm;
  private_key: Buffer;
  /** Which secret encrypts the private part. */
  key_id: string;
  created_at: Date;
  /** Null for the next key. */
  signs_from: Date | null;
  revoked_at: Date | null;
};
