import { CommanderError } from 'commander';
import { exitCodes } from './cli/command/command.ts';
import { UnsafeSocketError } from './cli/local-socket/socket-path.ts';
import { PromptLeftError } from './cli/terminal/ask-password.ts';
import { FormatError } from './cli/terminal/item-file.ts';
import { createProgram, exitCodeOf } from './cli/terminal/program.ts';
import { type Environment, runGiven } from './cli/terminal/run-given.ts';
import { ConfigError, parseConfig, readEnvironment } from './configuration/config.ts';
import { SchemaConflictError } from './platform/database/schema-compatibility.ts';
import { createLogger } from './platform/logging/logger.ts';
import { openScratch, openTarget } from './process/new-databases.ts';
import { openBackend } from './process/open-backend.ts';
import { StartupError } from './process/startup-checks.ts';

/** The command line: reads the arguments, runs one command and ends with its exit code. */
async function main(): Promise<void> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  // A reader like `head` that has seen enough.
  process.stdout.on('error', () => stop.abort());
  const environment = environmentOf(stop.signal);
  const program = createProgram(async (command, given) => {
    process.exitCode = await runGiven(environment, command, given);
  });
  try {
    await program.parseAsync();
  } catch (error) {
    process.exitCode = stop.signal.aborted ? exitCodes.interrupted : explain(error);
  }
}

function environmentOf(signal: AbortSignal): Environment {
  const readConfig = () => parseConfig(readEnvironment());
  // Standard output is for results.
  const logger = createLogger(
    { logLevel: 'warn', logFormat: 'json' },
    { write: (line) => void process.stderr.write(line) },
  );
  return {
    signal,
    readConfig,
    openBackend: (options) => openBackend(readConfig(), logger, options),
    openTarget: () => openTarget(readConfig(), logger),
    openScratch: () => openScratch(readConfig(), logger),
  };
}

/** Says in one line why no command ran; gives the exit code. */
function explain(error: unknown): number {
  if (error instanceof CommanderError) return exitCodeOf(error);
  if (error instanceof PromptLeftError) return exitCodes.interrupted;
  const lines = error instanceof ConfigError ? error.faults : [messageOf(error)];
  for (const line of lines) process.stderr.write(`adl: ${line}\n`);
  if (error instanceof ConfigError || error instanceof FormatError) return exitCodes.invalid;
  if (error instanceof SchemaConflictError) return exitCodes.refused;
  return error instanceof StartupError ? exitCodes.unavailable : exitCodes.unexpected;
}

function messageOf(error: unknown): string {
  const kinds = [StartupError, UnsafeSocketError, FormatError, SchemaConflictError];
  const isPlain = kinds.some((kind) => error instanceof kind);
  if (isPlain) return (error as Error).message;
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (syscall === 'open') return `the file cannot be opened (${code})`;
  return code === undefined ? String(error) : `failed (${code})`;
}

await main();
