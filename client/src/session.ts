import type { TokenPair } from './api.ts';

export type Tokens = Omit<TokenPair, 'refresh_token'> & {
  refresh_token?: string;
  return_to?: string;
};

/** An access token and until when it is good, by the clock of this process. */
export type Access = { token: string; until: number };

/** Where a client keeps its tokens. Make one with `cookieSession` or `tokenSession`. */
export type Session = {
  /** Sent with sign-in, refresh and sign-out. */
  readonly headers: Readonly<Record<string, string>>;
  /** Null if there is none, or it is about to expire. */
  access(): Promise<Access | null>;
  /** False if a refresh would be in vain. */
  mayRefresh(): Promise<boolean>;
  /** The body and the headers of a refresh and of a sign-out. */
  credentials(): Promise<{ body?: { refresh_token: string }; key?: string }>;
  take(tokens: Tokens): Promise<void>;
  forget(): Promise<void>;
  /** A sign-in outside this page may have left a session: the next refresh is not in vain. */
  expect?(): Promise<void>;
  /** Called when another tab signs out. */
  onEnd(listener: () => void): void;
};

/** Renewed this long before it expires, so that it is still good when it arrives. */
const marginMilliseconds = 15_000;

export function accessOf({ access_token: token, expires_in: seconds }: Tokens): Access {
  return {
    token,
    until: Date.now() + seconds * 1000 - Math.min(marginMilliseconds, seconds * 250),
  };
}

export function fresh(access: Access | null): Access | null {
  return access !== null && access.until > Date.now() ? access : null;
}
