import { ApiError } from './errors.ts';
import { type Request, type Sending, send } from './send.ts';
import type { Access, Session, Tokens } from './session.ts';

type Refreshing = { sending: Sending; session: Session; path: string; lock: string };

/**
 * Returns a function that renews the tokens, once for all calls of this process and, by a Web Lock,
 * for all tabs. Resolves to the access token, or to null if the session is over.
 */
export function createRefresh(to: Refreshing): (refused: string | null) => Promise<Access | null> {
  let running: Promise<Access | null> | null = null;
  return (refused) => {
    running ??= alone(to.lock, () => renew(to, refused)).finally(() => {
      running = null;
    });
    return running;
  };
}

/** What another tab says arrives a moment after its lock is free. */
const catchUpMilliseconds = 30;

async function alone(name: string, work: () => Promise<Access | null>): Promise<Access | null> {
  const { locks } = globalThis.navigator ?? {};
  if (locks === undefined) return work();
  const first = await locks.request(name, { ifAvailable: true }, async (lock) =>
    lock === null ? 'taken' : work(),
  );
  if (first !== 'taken') return first;
  return locks.request(name, async () => {
    await new Promise((resolve) => setTimeout(resolve, catchUpMilliseconds));
    return work();
  });
}

async function renew(
  to: Refreshing,
  refused: string | null,
  isSecond = false,
): Promise<Access | null> {
  const { session } = to;
  // Whoever had the lock before may have renewed them.
  const known = await session.access();
  if (known !== null && known.token !== refused) return known;
  if (!(await session.mayRefresh())) return null;
  try {
    const { data } = await send(to.sending, await refreshRequest(to));
    await session.take(data as Tokens);
    return await session.access();
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 401)) throw error;
    // Another tab, without locks, was faster: its cookie or its stored token is good.
    if (error.reason === 'refresh_token_rotated' && !isSecond) return renew(to, refused, true);
    await session.forget();
    return null;
  }
}

async function refreshRequest({ session, path }: Refreshing): Promise<Request> {
  const { body, key } = await session.credentials();
  const headers = { ...session.headers, ...(key === undefined ? {} : { 'idempotency-key': key }) };
  return {
    method: 'POST',
    path: `${path}/refresh`,
    headers,
    ...(body === undefined ? {} : { body }),
    // A cookie is good a few seconds longer for the same page, a token for the same key.
    isRepeatable: true,
  };
}
