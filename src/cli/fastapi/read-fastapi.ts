import pg from 'pg';

/** A table of the former service, as the lines that `user import` reads. */
type FormerTable = {
  lines: AsyncIterable<Buffer>;
  /** The id of the row that stood on a line, for its faults. */
  idAt: (line: number) => number | undefined;
  /** Columns that have no place here. */
  leftOut: ReadonlySet<string>;
};

export type FormerDatabase = {
  read(table: 'users' | 'admin'): FormerTable;
  close(): Promise<void>;
};

const rowsAtOnce = 1000;

/** Reads only: each page is a query of its own in a read-only session. */
export async function openFormerDatabase(url: string): Promise<FormerDatabase> {
  // The spelling of SQLAlchemy names the driver, too.
  const connectionString = url.replace(/^postgresql\+\w+:/, 'postgresql:');
  const client = new pg.Client({
    connectionString,
    application_name: 'adl import',
    connectionTimeoutMillis: 5000,
  });
  client.on('error', () => {});
  await client.connect();
  await client.query('SET default_transaction_read_only = on');
  return { read: (table) => readTable(client, table), close: () => client.end() };
}

type FormerRow = Record<string, unknown> & { id: number };

function readTable(client: pg.Client, table: 'users' | 'admin'): FormerTable {
  const ids: number[] = [];
  const leftOut = new Set<string>();
  async function* lines(): AsyncGenerator<Buffer> {
    for (let after = Number.MIN_SAFE_INTEGER; ; ) {
      const text = `SELECT to_jsonb(t) AS row FROM ${client.escapeIdentifier(table)} AS t WHERE id > $1::bigint ORDER BY id LIMIT $2`;
      const { rows } = await client.query<{ row: FormerRow }>(text, [after, rowsAtOnce]);
      if (rows.length === 0) return;
      const texts = rows.map(({ row }) => JSON.stringify(translate(table, row, leftOut)));
      for (const { row } of rows) ids.push(row.id);
      yield Buffer.from(`${texts.join('\n')}\n`);
      after = ids.at(-1) ?? after;
    }
  }
  return { lines: lines(), idAt: (line) => ids[line - 1], leftOut };
}

/** What a column is called here; null where its value is not needed. */
const names: Record<string, string | null> = {
  id: 'legacy_id',
  username: 'username',
  email: 'email',
  full_name: 'full_name',
  hashed_password: 'password_hash',
  password_hash: 'password_hash',
  is_active: 'is_active',
  is_superuser: 'is_superuser',
  is_superadmin: 'is_superadmin',
  is_verified: 'is_email_verified',
  is_email_verified: 'is_email_verified',
  created_at: 'created_at',
  last_login: 'last_login_at',
  last_login_at: 'last_login_at',
  // The import changes the account.
  updated_at: null,
};

function translate(
  table: 'users' | 'admin',
  row: FormerRow,
  leftOut: Set<string>,
): Record<string, unknown> {
  const translated: Record<string, unknown> = {};
  for (const [column, value] of Object.entries(row)) {
    const name = nameOf(table, column);
    if (name === undefined) leftOut.add(`${table}.${column}`);
    else if (name !== null && value !== null) translated[name] = value;
  }
  return translated;
}

function nameOf(table: 'users' | 'admin', column: string): string | null | undefined {
  if (!Object.hasOwn(names, column)) return undefined;
  if (table === 'admin' && column === 'is_superuser') return 'is_superadmin';
  const name = names[column];
  return table === 'admin' && name === 'is_email_verified' ? null : name;
}
