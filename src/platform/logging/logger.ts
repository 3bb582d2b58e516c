import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';
import { prettyLines } from './pretty-lines.ts';
import { contextLogFields } from './request-context.ts';
import { serializeError } from './serialize-error.ts';
import { openStandardOutput } from './standard-output.ts';

export type { Logger } from 'pino';

export type LogOptions = { logLevel: string; logFormat: 'pretty' | 'json' };

/** One line per event on `destination`. */
export function createLogger(options: LogOptions, destination: DestinationStream): Logger {
  return pino(
    {
      level: options.logLevel,
      // Several processes write to one output.
      base: { pid: process.pid },
      mixin: contextLogFields,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: serializeError },
    },
    options.logFormat === 'pretty' ? prettyLines(destination) : destination,
  );
}

/** Writes to standard output. If that fails or blocks, the process only loses lines. */
export function createProcessLogger(options: LogOptions): Logger {
  const out = openStandardOutput();
  const logger = createLogger(options, out);
  out.onDropped((dropped) => {
    logger.error(
      { dropped },
      `${dropped} log lines were dropped, while standard output did not take them`,
    );
  });
  return logger;
}
