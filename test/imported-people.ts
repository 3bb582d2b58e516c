import { createHash } from 'node:crypto';
import type { CommandLine } from './command-line.ts';
import type { TestApp } from './test-app.ts';

type Row = Record<string, unknown>;

export const person = (name: string, more: Row = {}): Row => ({
  username: name,
  email: `${name}@example.com`,
  ...more,
});
export const people = (count: number, name = 'person'): Row[] =>
  Array.from({ length: count }, (_, index) => person(`${name}${index + 1}`));

export function ndjson(rows: readonly Row[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}

export function importRows(line: CommandLine, rows: readonly Row[], parameters: object = {}) {
  const input = ndjson(rows);
  const digest = createHash('sha256').update(input).digest('hex');
  return line.run('user import', { file: 'x.ndjson', digest, ...parameters }, input);
}

export async function usernames({ db }: TestApp): Promise<(string | null)[]> {
  const rows = await db.selectFrom('users').select('username').orderBy('username').execute();
  return rows.map(({ username }) => username);
}
