declare module '../../platform/database/database.ts' {
  interface Tables {
    identities: IdentityRow;
    provider_attempts: ProviderAttemptRow;
    provider_exchanges: ProviderExchangeRow;
  }
}

export type IdentityRow = {
  id: string;
  user_id: string;
  /** The id of the provider when it was linked; `issuer` and `subject` say who it is. */
  provider: string;
  issuer: string;
  subject: string;
  /** What the provider gave as the address at the last sign-in, proven or not. */
  email: string | null;
  created_at: Date;
  last_used_at: Date | null;
};

export type ProviderAttemptRow = {
  state_hash: Buffer;
  provider: string;
  browser_hash: Buffer;
  key_id: string;
  return_to: string;
  /** Null: the session goes into a cookie. */
  code_challenge: string | null;
  /** Both only where an identity is linked: to whom, and who asked. */
  user_id: string | null;
  session_id: string | null;
  expires_at: Date;
};

type ProviderExchangeRow = {
  code_hash: Buffer;
  code_challenge: string;
  key_id: string;
  answer: Buffer;
  expires_at: Date;
};
