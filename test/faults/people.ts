import { createHash, randomBytes } from 'node:crypto';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { goodPassword } from '../factories.ts';
import type { Answer, RequestOptions } from './http-request.ts';
import {
  type Exchange,
  type Knowledge,
  type KnownSession,
  knowNothingOf,
  learn,
} from './knowledge.ts';
import type { Ledger } from './ledger.ts';
import type { ServerProcess } from './server-process.ts';

export type Ask = { method: string; path: string; options: RequestOptions };

/** The requests of one person, each of which names the person in its user agent. */
export const asks = {
  register: ({ username, email }: Knowledge): Ask =>
    post('register', username, { username, email, password: goodPassword, full_name: 'Name 0' }),
  login: ({ username }: Knowledge, password: string): Ask =>
    post('login', username, { username, password }),
  loginByEmail: ({ username, email }: Knowledge, password: string): Ask =>
    post('login', username, { email, password }),
  /** As sent by a thief, or by a client that lost its key. */
  refreshWithoutKey: ({ username }: Knowledge, token: string): Ask =>
    post('refresh', username, { refresh_token: token }),
  /** The key is a function of the token: a retry has the same one. */
  refresh: ({ username }: Knowledge, token: string): Ask => {
    const key = createHash('sha256').update(token).digest('hex').slice(0, 32);
    return post('refresh', username, { refresh_token: token }, { 'idempotency-key': key });
  },
  logout: ({ username }: Knowledge, token: string): Ask =>
    post('logout', username, { refresh_token: token }),
  changePassword: ({ username, passwords }: Knowledge, session: KnownSession): Ask => {
    const body = {
      current_password: [...passwords][0],
      new_password: `${goodPassword} ${unique()}`,
    };
    const ask = post('change-password', username, body);
    return { ...ask, options: { ...ask.options, token: session.accessToken } };
  },
  rename: ({ username }: Knowledge, { accessToken: token }: KnownSession): Ask => {
    const options = {
      token,
      body: { full_name: `Name ${unique()}` },
      headers: { 'user-agent': username },
    };
    return { method: 'PUT', path: '/api/users/me', options };
  },
  me: ({ username }: Knowledge, { accessToken: token }: KnownSession): Ask => {
    return {
      method: 'GET',
      path: '/api/users/me',
      options: { token, headers: { 'user-agent': username } },
    };
  },
};

function post(
  name: string,
  username: string,
  body: object,
  headers: Record<string, string> = {},
): Ask {
  const options = { body, headers: { 'user-agent': username, ...headers } };
  return { method: 'POST', path: `/api/users/${name}`, options };
}

function unique(): string {
  return randomBytes(4).toString('hex');
}

export function newPerson(): Knowledge {
  return knowNothingOf(`p${randomBytes(5).toString('hex')}`);
}

/** What the ledger will contain, without the ledger. */
export function exchangeOf({ method, path, options }: Ask, answer: Answer | null): Exchange {
  const { body = null, token = null } = options;
  return { method, path, body, token, answer };
}

/**
 * Each person does one thing after another, all together at about the given rate per second, until
 * stopped.
 */
export function startTraffic(
  t: Pick<TestContext, 'after'>,
  { server, ledger }: { server: ServerProcess; ledger: Ledger },
  people: readonly Knowledge[],
  requestsPerSecond: number,
): { stop: () => Promise<void> } {
  const paceMilliseconds = (1000 * people.length) / requestsPerSecond;
  let isStopping = false;
  const live = async (person: Knowledge): Promise<void> => {
    while (!isStopping) {
      const pause = sleep(paceMilliseconds * (0.5 + Math.random()));
      const ask = nextAsk(person);
      const answer = await ledger
        .request(server, ask.method, ask.path, ask.options)
        .catch(() => null);
      // Contradictions are found again, and counted, when the ledger is read.
      learn(person, exchangeOf(ask, answer));
      await pause;
    }
  };
  const lives = people.map(live);
  const stop = async (): Promise<void> => {
    isStopping = true;
    await Promise.all(lives);
  };
  t.after(stop);
  return { stop };
}

/** First what is in doubt, as a good client retries; otherwise something at random. */
function nextAsk(person: Knowledge): Ask {
  if (person.exists !== 'yes') return asks.register(person);
  const candidates = [...person.passwords];
  const password = candidates[Math.floor(Math.random() * candidates.length)] ?? '';
  if (candidates.length > 1) return asks.login(person, password);
  const live = person.sessions.filter(({ state }) => state === 'live');
  const [session] = live;
  if (session === undefined) return asks.login(person, password);
  const lost = live.find(({ isRefreshOpen }) => isRefreshOpen);
  if (lost) return asks.refresh(person, lost.refreshToken);
  const leaving = person.sessions.find(({ state }) => state === 'maybe');
  if (leaving) return asks.logout(person, leaving.refreshToken);
  if (live.length > 3) return asks.logout(person, live[1]?.refreshToken ?? '');
  return randomAsk(person, session, password);
}

function randomAsk(person: Knowledge, session: KnownSession, password: string): Ask {
  const roll = Math.random();
  if (roll < 0.3) return asks.refresh(person, session.refreshToken);
  if (roll < 0.5) return asks.rename(person, session);
  if (roll < 0.6) return asks.changePassword(person, session);
  if (roll < 0.75) return asks.login(person, password);
  if (roll < 0.85) return asks.logout(person, session.refreshToken);
  return asks.me(person, session);
}
