import type { ProviderSettings } from '../../configuration/read-providers.ts';

/** What a provider says of a person, and what was checked of it. */
export type ProvidedIdentity = {
  /** The id that the configuration gives the provider. */
  provider: string;
  issuer: string;
  subject: string;
  /** Null if there is none that could be the address of an account. */
  email: string | null;
  /** Whether the address is the person's: the provider says so, and is trusted to. */
  provesEmail: boolean;
  fullName: string | null;
  /** What the person is called there. */
  handle: string | null;
};

/** What ties an answer to its question. Each is made from the state, and known to nobody else. */
export type AttemptSecrets = { state: string; nonce: string; codeVerifier: string };

export type Provider = {
  readonly settings: ProviderSettings;
  /** Where the browser is sent to. Throws `ProviderError`. */
  begin(secrets: AttemptSecrets): Promise<URL>;
  /** `answer` are the parameters that the browser came back with. Throws `ProviderError`. */
  redeem(answer: URLSearchParams, secrets: AttemptSecrets): Promise<ProvidedIdentity>;
};

/** By the ids of the configuration, in its order. */
export type Providers = ReadonlyMap<string, Provider>;

export type ProviderFault =
  | 'provider_unreachable'
  /** The person refused, or the provider did; its own word is in the log. */
  | 'provider_refused'
  /** The answer is not one to this question, or not of this provider. */
  | 'wrong_answer';

/** For the log: nothing in it may be shown, and none of it is a token. */
export class ProviderError extends Error {
  readonly fault: ProviderFault;
  readonly code: string;

  constructor(fault: ProviderFault, code: string, message: string) {
    super(message);
    this.name = 'ProviderError';
    this.fault = fault;
    this.code = code;
  }
}
