import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';
import { contextLogFields } from '../http/request-context.ts';
import { prettyLines } from './pretty-lines.ts';
import { serializeError } from './serialize-error.ts';

export type { Logger } from 'pino';

export type LogOptions = { logLevel: string; logFormat: 'pretty' | 'json' };

/** One line an event on standard output, or on `destination` (tests read it back). */
export function createLogger(options: LogOptions, destination?: DestinationStream): Logger {
  const out = destination ?? pino.destination({ dest: 1, sync: true });
  return pino(
    {
      level: options.logLevel,
      base: null,
      mixin: contextLogFields,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: serializeError },
    },
    options.logFormat === 'pretty' ? prettyLines(out) : out,
  );
}
