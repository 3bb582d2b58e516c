import type { Answer } from '../answer.ts';
import type { Api } from '../api.ts';
import { cookieOf } from '../cookie-page.ts';
import { familyOf, type Seen } from './refresh-history.ts';

export type Person = {
  id: string;
  username: string;
  password: string;
  /** Sessions whose login has been answered. */
  families: string[];
};

/** A session that several clients use at once, like the tabs of a browser. */
type SharedSession = {
  family: string;
  accessToken: string;
  tokens: string[];
  dead: boolean;
  /** When its login was in progress. */
  login: { start: number; end: number };
};
type Slot = { person: Person; session: SharedSession | null };

type Storm = { api: Api; adminToken: string; slots: Slot[]; history: Seen[]; random: () => number };

const sharedKey = 'the key shared by all tabs';

/**
 * Runs `clients` clients concurrently, each with `operations` operations on two sessions per
 * account; returns what they saw.
 */
export async function runStorm(
  { api, adminToken, people }: { api: Api; adminToken: string; people: Person[] },
  { clients, operations, seed }: { clients: number; operations: number; seed: number },
): Promise<{ history: Seen[]; sessions: SharedSession[] }> {
  const slots = people.flatMap((person): Slot[] => [
    { person, session: null },
    { person, session: null },
  ]);
  const storm = { api, adminToken, slots, history: [], random: randomFrom(seed) };
  await Promise.all(Array.from({ length: clients }, () => runClient(storm, operations)));
  return { history: storm.history, sessions: slots.flatMap(({ session }) => session ?? []) };
}

async function runClient(storm: Storm, operations: number): Promise<void> {
  for (let done = 0; done < operations; done += 1) {
    const slot = pick(storm, storm.slots);
    const { session } = slot;
    if (session === null || session.dead) await login(storm, slot);
    else await chooseOperation(storm.random())(storm, slot.person, session);
  }
}

type Operation = (storm: Storm, person: Person, session: SharedSession) => Promise<void>;

function chooseOperation(roll: number): Operation {
  if (roll < 0.62) return refresh;
  if (roll < 0.82) return use;
  if (roll < 0.88) return logout;
  if (roll < 0.92) return logoutAll;
  return roll < 0.96 ? changePassword : deactivateForAMoment;
}

async function login({ api }: Storm, slot: Slot): Promise<void> {
  const { username, password, families } = slot.person;
  const start = performance.now();
  const answer = await api.post('/api/users/login', { username, password });
  // The account is being deactivated or has just got a new password.
  if (answer.status !== 200) return;
  const { access_token: accessToken, refresh_token: token } = answer.body;
  const family = familyOf(token);
  families.push(family);
  const login = { start, end: performance.now() };
  slot.session = { family, accessToken, tokens: [token], dead: false, login };
}

async function refresh(storm: Storm, _person: Person, session: SharedSession): Promise<void> {
  const stale = storm.random() < 0.03;
  const tokenIn = stale ? pick(storm, session.tokens) : (session.tokens.at(-1) ?? '');
  const start = performance.now();
  const answer = await sendToken(storm, tokenIn);
  const seen = { start, end: performance.now(), status: answer.status };
  const tokenOut: string | null = answer.body.refresh_token ?? (cookieOf(answer)?.value || null);
  storm.history.push({ kind: 'refresh', ...seen, tokenIn, tokenOut });
  if (tokenOut !== null && !session.tokens.includes(tokenOut)) session.tokens.push(tokenOut);
  const reason: string | undefined = answer.body.details?.reason;
  if (reason === 'refresh_token_reused') {
    storm.history.push({ kind: 'revocation', ...seen, families: [session.family] });
  }
  session.dead ||= answer.status === 401 && reason !== 'refresh_token_rotated';
}

/**
 * With a bearer token and the shared key, with a bearer token and no key, or as a page in cookie
 * mode.
 */
function sendToken({ api, random }: Storm, token: string): Promise<Answer> {
  const roll = random();
  const body = { refresh_token: token };
  if (roll < 0.3) return api.post('/api/users/refresh', body);
  if (roll < 0.6)
    return api.post('/api/users/refresh', body, { headers: { 'idempotency-key': sharedKey } });
  const page = { 'x-session-mode': 'cookie', 'sec-fetch-site': 'same-origin' };
  return api.post('/api/users/refresh', undefined, {
    headers: { ...page, cookie: `adl_user=${token}` },
  });
}

async function use(storm: Storm, _person: Person, session: SharedSession): Promise<void> {
  const start = performance.now();
  const { status } = await storm.api.get('/api/users/me', { token: session.accessToken });
  storm.history.push({
    kind: 'use',
    start,
    end: performance.now(),
    status,
    family: session.family,
  });
}

async function logout(storm: Storm, _person: Person, session: SharedSession): Promise<void> {
  const token = pick(storm, session.tokens);
  await revoke(storm, [session.family], () =>
    storm.api.post('/api/users/logout', { refresh_token: token }),
  );
}

async function logoutAll(storm: Storm, person: Person, session: SharedSession): Promise<void> {
  const send = () =>
    storm.api.post('/api/users/logout-all', undefined, { token: session.accessToken });
  await revoke(storm, [...person.families], send);
}

async function changePassword(storm: Storm, person: Person, session: SharedSession): Promise<void> {
  const newPassword = `violet harbour ${storm.random()}`;
  const body = { current_password: person.password, new_password: newPassword };
  const others = person.families.filter((family) => family !== session.family);
  const send = () =>
    storm.api.post('/api/users/change-password', body, { token: session.accessToken });
  if (await revoke(storm, others, send)) person.password = newPassword;
}

async function deactivateForAMoment(storm: Storm, person: Person): Promise<void> {
  const setActive = (value: boolean) =>
    storm.api.patch(
      `/api/admins/users/${person.id}`,
      { is_active: value },
      { token: storm.adminToken },
    );
  await revoke(storm, [...person.families], () => setActive(false));
  await setActive(true);
}

/**
 * The families are those whose login was answered before this call. Returns whether it succeeded.
 */
async function revoke(
  storm: Storm,
  families: string[],
  send: () => Promise<Answer>,
): Promise<boolean> {
  const start = performance.now();
  const { status } = await send();
  const done = status < 300;
  const end = performance.now();
  storm.history.push({ kind: 'revocation', start, end, status, families: done ? families : [] });
  return done;
}

function pick<T>(storm: Storm, from: readonly T[]): T {
  return from[Math.floor(storm.random() * from.length)] as T;
}

/** A small seeded generator (mulberry32), so that a failed storm can be repeated. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
