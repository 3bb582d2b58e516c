import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { Failure } from '../command/command.ts';

// What a terminal would take for a command: a name or an address may be anybody's text.
const controls = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Writes and waits for room: a million lines do not pile up before a slow reader. */
export async function write(out: Writable, text: string): Promise<void> {
  if (!out.write(text)) await once(out, 'drain');
}

/** One value in one line for people. */
function shown(value: unknown): string {
  if (value === null || value === undefined) return '-';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.replaceAll(controls, '\u{fffd}');
}

/** A result for people: a line for each member. */
export function presentResult(result: object): string {
  const entries = Object.entries(result).map(
    ([name, value]) => [name.replaceAll('_', ' '), value] as const,
  );
  const width = Math.max(0, ...entries.map(([name]) => name.length));
  return entries.map(([name, value]) => `${name.padEnd(width)}  ${presentValue(value)}\n`).join('');
}

function presentValue(value: unknown): string {
  if (!Array.isArray(value)) return shown(value);
  return value.length === 0 ? 'none' : value.map(shown).join(', ');
}

/** Rows as columns, as wide as the widest cell. */
export function presentRows(rows: readonly object[]): string {
  const names = Object.keys(rows[0] ?? {});
  const lines = [names, ...rows.map((row) => Object.values(row).map(shown))];
  const widths = names.map((_name, at) =>
    Math.max(...lines.map((cells) => cells[at]?.length ?? 0)),
  );
  return lines
    .map(
      (cells) =>
        `${cells
          .map((cell, at) => cell.padEnd(widths[at] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

export function presentFailure({ message, errors = [] }: Failure): string {
  return `${message}\n${errors.map((fault) => `  ${fault.field} ${fault.message}\n`).join('')}`;
}
