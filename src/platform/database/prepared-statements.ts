import { type PGlite, parse, protocol, type Results } from '@electric-sql/pglite';

type Statement = { name: string; parameterTypes: readonly number[] };
type Message = Parameters<typeof parse.parseResults>[0][number];

/** More than the service has. Those with a list of any length do not fill the memory. */
const mostStatements = 200;

const { bind, close, describe, execute, parse: parseText, sync } = protocol.serialize;

export type RunStatement = (text: string, parameters?: readonly unknown[]) => Promise<Results>;

/**
 * Runs statements of one connection, each parsed and planned once: a repeated one takes a fraction of the time of
 * `pglite.query`, which also exchanges six messages where one is enough. The caller has the connection alone.
 */
export function createStatements(pglite: PGlite): RunStatement {
  const statements = new Map<string, Statement>();
  let prepared = 0;

  const exchange = (...messages: readonly Uint8Array[]): Promise<Message[]> =>
    // Node's file system is written through.
    pglite.execProtocolStream(Buffer.concat([...messages, sync()]), { syncToFs: false });

  const prepare = async (text: string): Promise<Statement> => {
    const name = `s${++prepared}`;
    const described = await exchange(parseText({ name, text }), describe({ type: 'S', name }));
    return { name, parameterTypes: parse.parseDescribeStatementResults(described) };
  };
  const closeOldest = async (): Promise<void> => {
    for (const [text, { name }] of statements) {
      statements.delete(text);
      await exchange(close({ type: 'S', name }));
      return;
    }
  };
  const find = async (text: string): Promise<Statement> => {
    const statement = statements.get(text) ?? (await prepare(text));
    // Last in the order of insertion: the most recently used.
    statements.delete(text);
    statements.set(text, statement);
    if (statements.size > mostStatements) await closeOldest();
    return statement;
  };

  return async (text, parameters = []) => {
    const { name, parameterTypes } = await find(text);
    const values = parameters.map((value, index) => serialized(pglite, value, parameterTypes[index]));
    const answer = await exchange(bind({ statement: name, values }), describe({ type: 'P' }), execute({}));
    return parse.parseResults(answer, pglite.parsers)[0] as Results;
  };
}

function serialized(pglite: PGlite, value: unknown, type = 0): string | null {
  if (value === null || value === undefined) return null;
  const serialize = pglite.serializers[type] ?? String;
  return serialize(value);
}
