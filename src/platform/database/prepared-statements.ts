import { type PGlite, parse, protocol, type Results } from '@electric-sql/pglite';
import { isPlannedEachTime } from './plan-each-time.ts';

/** The caller has the connection alone. */
export type RunStatement = (text: string, parameters?: readonly unknown[]) => Promise<Results>;

type Statement = { name: string; parameterTypes: readonly number[] };
type Message = Parameters<typeof parse.parseResults>[0][number];

/** More than the service has. Those with a list of any length do not fill the memory. */
const mostStatements = 200;

const { bind, close, describe, execute, parse: parseText, sync } = protocol.serialize;

/** Parses and plans each statement once; `pglite.query` does it each time, in six messages. */
export function createStatements(pglite: PGlite): RunStatement {
  const statements = new Map<string, Statement>();
  let prepared = 0;
  return async (text, parameters = []) => {
    // PostgreSQL keeps no plan of the statement without a name.
    if (isPlannedEachTime(text)) return run(pglite, await prepare(pglite, '', text), parameters);
    const statement = statements.get(text) ?? (await prepare(pglite, `s${++prepared}`, text));
    // Last in the order of insertion: the most recently used.
    statements.delete(text);
    statements.set(text, statement);
    if (statements.size > mostStatements) await closeOldest(pglite, statements);
    return run(pglite, statement, parameters);
  };
}

async function prepare(pglite: PGlite, name: string, text: string): Promise<Statement> {
  const described = await exchange(
    pglite,
    parseText({ name, text }),
    describe({ type: 'S', name }),
  );
  return { name, parameterTypes: parse.parseDescribeStatementResults(described) };
}

async function closeOldest(pglite: PGlite, statements: Map<string, Statement>): Promise<void> {
  for (const [text, { name }] of statements) {
    statements.delete(text);
    await exchange(pglite, close({ type: 'S', name }));
    return;
  }
}

async function run(
  pglite: PGlite,
  statement: Statement,
  parameters: readonly unknown[],
): Promise<Results> {
  const { name, parameterTypes } = statement;
  const values = parameters.map((value, index) => serialized(pglite, value, parameterTypes[index]));
  const bound = bind({ statement: name, values });
  const answer = await exchange(pglite, bound, describe({ type: 'P' }), execute({}));
  return parse.parseResults(answer, pglite.parsers)[0] as Results;
}

function serialized(pglite: PGlite, value: unknown, type = 0): string | null {
  if (value === null || value === undefined) return null;
  const serialize = pglite.serializers[type] ?? String;
  return serialize(value);
}

function exchange(pglite: PGlite, ...messages: readonly Uint8Array[]): Promise<Message[]> {
  // There is nothing to sync: Node's file system is written through.
  return pglite.execProtocolStream(Buffer.concat([...messages, sync()]), { syncToFs: false });
}
