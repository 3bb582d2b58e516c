import { type Access, accessOf, fresh, type Session } from './session.ts';

export type StoredTokens = Access & { refreshToken: string };

/** Keeps the tokens between starts: a file, a keychain, an encrypted cookie. */
export type TokenStore = {
  read(): StoredTokens | null | Promise<StoredTokens | null>;
  write(tokens: StoredTokens | null): void | Promise<void>;
};

/** For programs and for pages of other origins. Without a store the tokens are in memory only. */
export function tokenSession(store: TokenStore = memoryStore()): Session {
  return {
    headers: {},
    access: async () => fresh(await store.read()),
    mayRefresh: async () => (await store.read()) !== null,
    credentials: async () => {
      const { refreshToken } = (await store.read()) ?? { refreshToken: '' };
      return { body: { refresh_token: refreshToken }, key: await sha256(refreshToken) };
    },
    take: async (tokens) => {
      await store.write({ ...accessOf(tokens), refreshToken: tokens.refresh_token ?? '' });
    },
    forget: async () => {
      await store.write(null);
    },
    onEnd: () => undefined,
  };
}

function memoryStore(): TokenStore {
  let kept: StoredTokens | null = null;
  return {
    read: () => kept,
    write: (tokens) => {
      kept = tokens;
    },
  };
}

/** A key that need not be stored: the same token asks for the same answer. */
async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
