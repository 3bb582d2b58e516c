import { type Answer, cookieSession, createClient } from 'adl-client';

export type Account = Answer<'GET /api/users/me'>;

const listeners = new Set<() => void>();

/** The refresh token is in a cookie that no script can read; the client renews what expires. */
export const accounts = createClient({
  session: cookieSession('user'),
  onSignedOut: () => {
    for (const listener of listeners) listener();
  },
});

/** Called when the session is over: here, in another tab, or because the service says so. */
export function onSignedOut(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}
