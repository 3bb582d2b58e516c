import type { PostgresPoolClient } from 'kysely';
import type pg from 'pg';
import { DatabaseUnavailableError, sqlStateOf } from './database-errors.ts';
import type { PrimaryConnections } from './primary-connections.ts';
import type { StatementNames } from './statement-names.ts';

type Checkouts = Pick<PrimaryConnections, 'heed'> & {
  pool: pg.Pool;
  names: StatementNames;
  /** For everything that one checkout does. */
  milliseconds: number;
};

/** A connection with more is replaced: each statement costs the server some 20 kB. */
const mostPrepared = 200;

const prepared = new WeakMap<pg.PoolClient, Set<string>>();

/**
 * A connection that is discarded after an error that leaves its state unknown. The deadline is
 * enforced here, because a frozen server enforces nothing.
 */
export async function checkOut(checkouts: Checkouts): Promise<PostgresPoolClient> {
  const late = lateAfter(checkouts.milliseconds);
  try {
    const client = await checkouts.pool.connect();
    const connection = connections.get(client) ?? openConnection(client, checkouts);
    return connection.begin(late);
  } catch (error) {
    late.clear();
    throw new DatabaseUnavailableError('no connection', error);
  }
}

type Late = { promise: Promise<never>; clear(): void };

function lateAfter(milliseconds: number): Late {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => {});
  const refuse = () => reject(new DatabaseUnavailableError('deadline passed'));
  const timer = setTimeout(refuse, milliseconds);
  return { promise, clear: () => clearTimeout(timer) };
}

type Checkout = { readonly late: Late; isFirst: boolean; isBroken: boolean; isWorn: boolean };

/**
 * Every checkout of a connection gives kysely the same object, because kysely keeps state for each
 * object.
 */
type Connection = { begin(late: Late): PostgresPoolClient };

const connections = new WeakMap<pg.PoolClient, Connection>();

function openConnection(client: pg.PoolClient, { heed, names }: Checkouts): Connection {
  let current: Checkout;

  const send = (
    { late }: Checkout,
    text: string,
    values: unknown[],
    name: string | undefined,
  ): Promise<unknown> => {
    const { promise: answer, resolve, reject } = Promise.withResolvers<unknown>();
    const query = name === undefined ? { text, values } : { text, values, name };
    // Rows that come by pg's own promise survive minor collections; only a major one frees them.
    client.query(query, (error: Error | null, result) => (error ? reject(error) : resolve(result)));
    // An abandoned query rejects once its connection is discarded.
    answer.catch(() => {});
    return Promise.race([answer, late.promise]);
  };

  const nameFor = (
    checkout: Checkout,
    text: string,
    parameters: readonly unknown[],
  ): string | undefined => {
    const name = names.nameOf(text, parameters);
    if (name === undefined || hasRoomFor(client, name)) return name;
    checkout.isWorn = true;
    return undefined;
  };

  const sendOrResend = async (
    checkout: Checkout,
    text: string,
    parameters: readonly unknown[],
  ): Promise<unknown> => {
    const name = nameFor(checkout, text, parameters);
    const mayResend = checkout.isFirst && name !== undefined;
    checkout.isFirst = false;
    try {
      return await send(checkout, text, [...parameters], name);
    } catch (error) {
      if (name === undefined || !isNotPrepared(error)) throw error;
      checkout.isWorn = true;
      if (sqlStateOf(error) !== changedResult) names.giveUp();
      // Nothing was carried out, but an error ends the transaction that was begun before.
      if (mayResend) return send(checkout, text, [...parameters], undefined);
      throw new DatabaseUnavailableError('a statement is no longer prepared', error);
    }
  };

  const query = async (text: string, parameters: readonly unknown[]): Promise<unknown> => {
    const checkout = current;
    // Discarding the connection is the rollback.
    if (checkout.isBroken) return { command: 'ROLLBACK', rowCount: 0, rows: [] };
    try {
      return await sendOrResend(checkout, text, parameters);
    } catch (error) {
      // Who asked, instead of the socket that the error came from.
      if (error instanceof Error) Error.captureStackTrace(error);
      const lost = sqlStateOf(error) === null;
      checkout.isBroken ||= lost || /^(08|57P|25006)/.test(sqlStateOf(error) ?? '');
      heed(error);
      throw lost ? unavailable(error) : error;
    }
  };
  const given: PostgresPoolClient = {
    query: query as PostgresPoolClient['query'],
    release: (destroy = false) => {
      current.late.clear();
      client.release(destroy || current.isBroken || current.isWorn);
    },
  };
  const connection: Connection = {
    begin: (late) => {
      current = { late, isFirst: true, isBroken: false, isWorn: false };
      return given;
    },
  };
  connections.set(client, connection);
  return connection;
}

function unavailable(error: unknown): DatabaseUnavailableError {
  return error instanceof DatabaseUnavailableError
    ? error
    : new DatabaseUnavailableError('connection lost', error);
}

function hasRoomFor(client: pg.PoolClient, name: string): boolean {
  const held = prepared.get(client);
  if (held === undefined) prepared.set(client, new Set([name]));
  else if (held.has(name)) return true;
  else if (held.size >= mostPrepared) return false;
  else held.add(name);
  return true;
}

const changedResult = '0A000';

/**
 * A migration changed what a statement gives, or a pooler that nobody declared gave the connection
 * another session: there the statement is unknown (26000), or known already (42P05).
 */
function isNotPrepared(error: unknown): boolean {
  const state = sqlStateOf(error);
  if (state === '26000' || state === '42P05') return true;
  return (
    state === changedResult && (error as { routine?: unknown }).routine === 'RevalidateCachedQuery'
  );
}
