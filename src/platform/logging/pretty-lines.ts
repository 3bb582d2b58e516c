import { isatty } from 'node:tty';
import type { DestinationStream } from 'pino';
import { prettyFactory } from 'pino-pretty';

/** `2025-10-09 12:11:12 - INFO - [2bcc1c11] Incoming request: GET /`, coloured on a terminal. */
export function prettyLines(out: DestinationStream): DestinationStream {
  const format = prettyFactory({
    // Not `process.stdout.isTTY`: it makes the descriptor non-blocking for other processes, too.
    colorize: isatty(1),
    colorizeObjects: false,
    hideObject: true,
    ignore: 'time,level,pid',
    messageFormat: (log, messageKey, _label, { colors }) => {
      const level = String(log.level).toUpperCase();
      const id =
        typeof log.request_id === 'string'
          ? `${colors.cyan(`[${log.request_id.slice(0, 8)}]`)} `
          : '';
      const time = String(log.time).slice(0, 19).replace('T', ' ');
      return `${colors.gray(time)} - ${colourOf(level, colors)} - ${id}${String(log[messageKey])}${errorLines(log.err)}`;
    },
  });
  return { write: (line) => out.write(format(line) ?? line) };
}

type Colors = Record<'green' | 'yellow' | 'red' | 'blue', (text: string) => string>;

function colourOf(level: string, colors: Colors): string {
  if (level === 'ERROR' || level === 'FATAL') return colors.red(level);
  if (level === 'WARN') return colors.yellow(level);
  return level === 'DEBUG' ? colors.blue(level) : colors.green(level);
}

function errorLines(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  const { type, message, stack } = error as Record<string, unknown>;
  return `\n    ${String(type)}: ${String(message)}${typeof stack === 'string' ? `\n${stack}` : ''}`;
}
