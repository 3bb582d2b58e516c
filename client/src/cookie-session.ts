import { type Access, accessOf, fresh, type Session } from './session.ts';

type Message = { access: Access } | { ended: true };

/**
 * For pages of the service's own origin: the refresh token is a cookie that no script can read, and
 * the access token is only in memory. Tabs share it, so that one refresh serves them all.
 */
export function cookieSession(realm: 'user' | 'admin' = 'user'): Session {
  const name = `adl:${realm}`;
  const flag = rememberedFlag(name);
  const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(name);
  // In Node an open channel keeps the process running.
  (channel as { unref?: () => void } | null)?.unref?.();
  let known: Access | null = null;
  const listeners: (() => void)[] = [];
  channel?.addEventListener('message', ({ data }: MessageEvent<Message>) => {
    known = 'access' in data ? data.access : null;
    if ('ended' in data) for (const listener of listeners) listener();
  });
  return {
    headers: { 'x-session-mode': 'cookie' },
    access: async () => fresh(known),
    mayRefresh: async () => known !== null || flag.isSet(),
    credentials: async () => ({}),
    take: async (tokens) => {
      known = accessOf(tokens);
      flag.set(true);
      channel?.postMessage({ access: known } satisfies Message);
    },
    expect: async () => {
      flag.set(true);
    },
    forget: async () => {
      known = null;
      flag.set(false);
      channel?.postMessage({ ended: true } satisfies Message);
    },
    onEnd: (listener) => void listeners.push(listener),
  };
}

/**
 * Whether somebody signed in here: no secret. Without it a page that loads would have to ask the
 * service, and the browser would report a 401 to everybody who is not signed in.
 */
function rememberedFlag(name: string) {
  const storage = () => globalThis.localStorage as Storage | undefined;
  const attempt = <T>(use: () => T, otherwise: T): T => {
    try {
      return use();
    } catch {
      return otherwise;
    }
  };
  return {
    isSet: () => attempt(() => storage()?.getItem(name) !== null, true),
    set: (is: boolean) =>
      attempt(
        () => (is ? storage()?.setItem(name, 'signed in') : storage()?.removeItem(name)),
        undefined,
      ),
  };
}
