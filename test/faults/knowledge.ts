import type { LedgerEntry } from './ledger.ts';

/**
 * What one person's client can know of the server: an answer settles something, a missing one
 * leaves two possibilities.
 */
export type Knowledge = {
  username: string;
  email: string;
  exists: 'yes' | 'no' | 'maybe';
  /** One of them is current. */
  passwords: Set<string>;
  oldPasswords: Set<string>;
  fullNames: Set<string>;
  sessions: KnownSession[];
  /** A password change with unknown outcome, and the sessions that end if it happened. */
  openChange: { password: string; endsWithIt: KnownSession[] } | null;
  changes: { answered: number; unknown: number };
};

export type KnownSession = {
  accessToken: string;
  refreshToken: string;
  spentTokens: string[];
  state: 'live' | 'dead' | 'maybe';
  /** The newest token was presented, with unknown outcome. */
  isRefreshOpen: boolean;
};

export type Exchange = Pick<LedgerEntry, 'method' | 'path' | 'body' | 'token' | 'answer'>;

export function knowNothingOf(username: string): Knowledge {
  return {
    username,
    email: `${username}@example.com`,
    exists: 'no',
    passwords: new Set(),
    oldPasswords: new Set(),
    fullNames: new Set(),
    sessions: [],
    openChange: null,
    changes: { answered: 0, unknown: 0 },
  };
}

/**
 * Adds what this exchange reveals. Returns contradictions to what was known before: an acknowledged
 * write that is lost, something ended that works again, or an answer that no database fault
 * excuses.
 */
export function learn(known: Knowledge, exchange: Exchange): string[] {
  const { method, path, body, token, answer } = exchange;
  const lesson = lessons[`${method} ${path}`];
  if (lesson === undefined) throw new Error(`nothing is known of ${method} ${path}`);
  // A 503 and no answer at all mean the same: it may have happened, or not.
  const status = answer?.status ?? 503;
  const got = (answer?.body ?? {}) as Fields;
  const fault = lesson(known, { status, sent: (body ?? {}) as Fields, got, token });
  return fault === null
    ? []
    : [`${known.username}: ${method} ${path} was answered ${status}: ${fault}`];
}

type Fields = Record<string, string>;
type Facts = { status: number; sent: Fields; got: Fields; token: string | null };
type Lesson = (known: Knowledge, facts: Facts) => string | null;

const lessons: Record<string, Lesson> = {
  'POST /api/users/register': (known, { status, sent }) => {
    const { exists } = known;
    known.passwords.add(sent.password ?? '');
    known.fullNames.add(sent.full_name ?? '');
    if (status === 503) known.exists = exists === 'no' ? 'maybe' : exists;
    else known.exists = 'yes';
    if (status === 201) return exists === 'yes' ? 'made twice' : null;
    if (status === 409) return exists === 'no' ? 'the name is not taken' : null;
    return status === 503 ? null : 'the registration was valid';
  },
  'POST /api/users/login': (known, { status, sent, got }) => {
    const password = sent.password ?? '';
    const mayBeRight = known.exists !== 'no' && known.passwords.has(password);
    if (status === 200) {
      known.sessions.push(newSession(got));
      if (mayBeRight) settlePassword(known, password);
      return mayBeRight ? null : 'not the current password';
    }
    if (status === 401) {
      return mayBeRight && known.passwords.size === 1 && known.exists === 'yes'
        ? 'the right password'
        : null;
    }
    // A client that does not know which of two passwords is current tries both, and eventually is
    // throttled.
    return status === 429 ? null : orUnknown(status);
  },
  'POST /api/users/refresh': (known, { status, sent, got }) => {
    const token = sent.refresh_token ?? '';
    const session = known.sessions.find(({ refreshToken }) => refreshToken === token);
    // A used token: for its client the session has ended.
    if (session === undefined) return status === 401 ? null : 'a used token';
    session.isRefreshOpen ||= status === 503;
    if (status === 200) {
      session.isRefreshOpen = false;
      session.spentTokens.push(token);
      session.refreshToken = got.refresh_token ?? '';
      session.accessToken = got.access_token ?? '';
    }
    return answerToCaller(session, status);
  },
  'POST /api/users/logout': (known, { status, sent }) => {
    const session = known.sessions.find(({ refreshToken }) => refreshToken === sent.refresh_token);
    if (session && status === 204) session.state = 'dead';
    if (session?.state === 'live' && status === 503) session.state = 'maybe';
    return status === 204 ? null : orUnknown(status);
  },
  'POST /api/users/change-password': (known, { status, sent, token }) => {
    const own = sessionOf(known, token);
    const others = known.sessions.filter((session) => session !== own && session.state !== 'dead');
    const password = sent.new_password ?? '';
    if (status === 503) {
      known.passwords.add(password);
      known.changes.unknown += 1;
      known.openChange = { password, endsWithIt: others.filter(({ state }) => state === 'live') };
      for (const session of others) session.state = 'maybe';
    }
    // The current password in the request is wrong if a pending change did happen.
    if ((status === 400 || status === 429) && known.openChange) return null;
    if (status !== 200) return answerToCaller(own, status);
    known.changes.answered += 1;
    known.passwords.add(password);
    settlePassword(known, password);
    for (const session of others) session.state = 'dead';
    return answerToCaller(own, status);
  },
  'PUT /api/users/me': (known, { status, sent, token }) => {
    const name = sent.full_name ?? '';
    if (status === 503) known.fullNames.add(name);
    if (status === 200) known.fullNames = new Set([name]);
    return answerToCaller(sessionOf(known, token), status);
  },
  'GET /api/users/me': (known, { status, got, token }) => {
    if (status === 200 && !known.fullNames.has(got.full_name ?? ''))
      return `the name is ${got.full_name}`;
    return answerToCaller(sessionOf(known, token), status);
  },
};

function newSession(got: Fields): KnownSession {
  const { access_token: accessToken = '', refresh_token: refreshToken = '' } = got;
  return { accessToken, refreshToken, spentTokens: [], state: 'live', isRefreshOpen: false };
}

function sessionOf(known: Knowledge, token: string | null): KnownSession | undefined {
  return known.sessions.find(({ accessToken }) => accessToken === token);
}

/**
 * Decides whether a pending change happened or never will: the account's row is locked from UPDATE
 * to COMMIT.
 */
function settlePassword(known: Knowledge, password: string): void {
  for (const other of known.passwords) if (other !== password) known.oldPasswords.add(other);
  known.passwords = new Set([password]);
  const { openChange } = known;
  known.openChange = null;
  for (const session of openChange?.endsWithIt ?? []) {
    if (session.state === 'maybe')
      session.state = openChange?.password === password ? 'dead' : 'live';
  }
}

/** For a request in a session, which a 401 shows to be dead. */
function answerToCaller(session: KnownSession | undefined, status: number): string | null {
  const was = session?.state ?? 'dead';
  if (session && status === 401) session.state = 'dead';
  if (status === 200) return was === 'dead' ? 'the session had ended' : null;
  if (status === 401) return was === 'live' ? 'the session was valid' : null;
  return orUnknown(status);
}

function orUnknown(status: number): string | null {
  return status === 503 ? null : 'an unexpected answer';
}
