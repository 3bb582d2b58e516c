import type { PrivatePostgres } from '../postgres/private-postgres.ts';
import { type Knowledge, type KnownSession, knowNothingOf, learn } from './knowledge.ts';
import { type LedgerEntry, readLedger } from './ledger.ts';
import { type Ask, asks, exchangeOf } from './people.ts';
import type { ServerProcess } from './server-process.ts';

type Service = { server: Pick<ServerProcess, 'request'>; query: PrivatePostgres['query'] };
type Row = {
  username: string;
  email: string;
  full_name: string;
  password_version: number;
};

/**
 * Compares the ledger with the recovered service, by HTTP and SQL. D1: every acknowledged write is
 * there. D2: an unacknowledged one is whole or absent. D5: what ended stays ended. An empty list
 * means no fault.
 */
export async function findLosses(service: Service, ledgerFile: string): Promise<string[]> {
  // Resets the throttles: wrong passwords of the load must not block these requests.
  await service.query('DELETE FROM throttles');
  const { people, faults } = recall(readLedger(ledgerFile));
  const rows = await readRows(service);
  const waiting = [...people];
  const examineInTurn = async (): Promise<void> => {
    for (let person = waiting.pop(); person; person = waiting.pop()) {
      faults.push(...(await examine(service, person, rows)));
    }
  };
  await Promise.all(Array.from({ length: 6 }, examineInTurn));
  return [...faults, ...(await examineTables(service, people))];
}

/** What the ledger knows of each person, and its contradictions. */
export function recall(entries: readonly LedgerEntry[]): { people: Knowledge[]; faults: string[] } {
  const people = new Map<string, Knowledge>();
  const faults: string[] = [];
  for (const entry of entries) {
    const username = entry.headers['user-agent'] ?? '';
    const known = people.get(username) ?? knowNothingOf(username);
    people.set(username, known);
    faults.push(...learn(known, entry));
  }
  return { people: [...people.values()], faults };
}

async function readRows({ query }: Service): Promise<Map<string, Row>> {
  const rows = await query('SELECT username, email, full_name, password_version FROM users');
  return new Map(rows.map((row) => [String(row.username), row as Row]));
}

/** Sends every request whose outcome is certain now; contradictions are returned as faults. */
async function examine(
  service: Service,
  person: Knowledge,
  rows: Map<string, Row>,
): Promise<string[]> {
  const faults: string[] = [];
  const ask = async (question: Ask): Promise<number> => {
    const answer = await service.server.request(question.method, question.path, question.options);
    faults.push(...learn(person, exchangeOf(question, answer)));
    if (answer.status === 503) faults.push(`${question.path} is still unavailable`);
    return answer.status;
  };
  faults.push(...examineRow(person, rows.get(person.username)));
  if (!rows.has(person.username)) {
    if (person.exists === 'maybe' && (await ask(asks.register(person))) !== 201)
      faults.push('a name is not free');
    return faults;
  }
  person.exists = 'yes';
  await examinePasswords(person, ask, faults);
  for (const session of person.sessions) await examineSession(person, session, ask, faults);
  return faults;
}

function examineRow(person: Knowledge, row: Row | undefined): string[] {
  const { username, exists, changes } = person;
  if (row === undefined) return exists === 'yes' ? [`${username} is lost`] : [];
  const faults: string[] = [];
  if (exists === 'no') faults.push(`${username} exists, but nobody registered it`);
  if (row.email !== person.email) faults.push(`${username} has the address ${row.email}`);
  if (!person.fullNames.has(row.full_name))
    faults.push(`${username} has the name ${row.full_name}`);
  const made = row.password_version - 1;
  if (made < changes.answered || made > changes.answered + changes.unknown) {
    faults.push(
      `${username}: the password changed ${made} times, ${changes.answered} were acknowledged`,
    );
  }
  return faults;
}

async function examinePasswords(
  person: Knowledge,
  ask: (question: Ask) => Promise<number>,
  faults: string[],
): Promise<void> {
  const candidates = [...person.passwords];
  const statuses: number[] = [];
  for (const password of candidates) statuses.push(await ask(asks.login(person, password)));
  if (statuses.filter((status) => status === 200).length !== 1) {
    faults.push(`${person.username}: ${candidates.length} passwords were answered ${statuses}`);
  }
  for (const password of person.oldPasswords) await ask(asks.login(person, password));
}

/** Newest tokens first, since an older one ends the session. */
async function examineSession(
  person: Knowledge,
  session: KnownSession,
  ask: (question: Ask) => Promise<number>,
  faults: string[],
): Promise<void> {
  const me = await ask(asks.me(person, session));
  const newest = session.refreshToken;
  const refreshed = await ask(asks.refresh(person, newest));
  if (me !== refreshed)
    faults.push(`${person.username}: a session is half ended, ${me} and ${refreshed}`);
  for (const token of session.spentTokens.filter((spent) => spent !== newest)) {
    await ask(asks.refreshWithoutKey(person, token));
  }
}

/** No duplicate row, none without its account, and indexes that contain every row. */
async function examineTables({ query }: Service, people: readonly Knowledge[]): Promise<string[]> {
  const [row] = await query(`
    CREATE EXTENSION IF NOT EXISTS amcheck;
    SELECT bt_index_check(indexrelid, true) FROM pg_index
      JOIN pg_class ON pg_class.oid = indexrelid JOIN pg_am ON pg_am.oid = relam AND amname = 'btree'
      WHERE indrelid IN ('users'::regclass, 'sessions'::regclass);
    SELECT (SELECT count(*) FROM users)::int AS users,
           (SELECT count(DISTINCT lower(email)) FROM users)::int AS emails,
           (SELECT count(*) FROM sessions WHERE NOT EXISTS (SELECT FROM users WHERE users.id = subject_id))::int
             AS orphans`);
  const expected = people.filter(({ exists }) => exists === 'yes').length;
  const wanted = { users: expected, emails: expected, orphans: 0 };
  const isAsWanted = JSON.stringify(row) === JSON.stringify(wanted);
  return isAsWanted ? [] : [`the tables are ${JSON.stringify(row)}, not ${JSON.stringify(wanted)}`];
}
