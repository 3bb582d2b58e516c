import type { z } from 'zod';
import { isDatabaseUnavailable } from '../../platform/database/database-errors.ts';
import { MigrationError } from '../../platform/database/migrate.ts';
import { SchemaConflictError } from '../../platform/database/schema-compatibility.ts';
import { AppError, type FieldFault } from '../../platform/errors.ts';
import { HashQueueFullError } from '../../platform/hashing/password-hasher.ts';
import { fieldFaults } from '../../platform/http/request-validation.ts';
import type { Logger } from '../../platform/logging/logger.ts';
import { runInCommand } from '../../platform/logging/request-context.ts';
import type { Command, CommandDependencies, Exchange, Failure, Outcome } from './command.ts';

/** Validates the parameters and runs the command. Never throws. */
export async function executeCommand(
  command: Command,
  deps: CommandDependencies,
  given: unknown,
  exchange: Exchange,
): Promise<Outcome> {
  const { error, data } = command.parameters.safeParse(given, { reportInput: true });
  if (error !== undefined) return { failure: invalidParameters(fieldFaults(error)) };
  return runInCommand(command.name, async () => {
    try {
      return { result: await command.run(deps, data, exchange) };
    } catch (thrown) {
      return { failure: failureOf(thrown, exchange.signal, deps.logger) };
    }
  });
}

/** The same for a command that runs where no database is. What is no refusal is thrown. */
export async function executeLocally<Schema extends z.ZodObject>(
  name: string,
  schema: Schema,
  given: unknown,
  run: (parameters: z.output<Schema>) => Promise<object>,
): Promise<Outcome> {
  const { error, data } = schema.safeParse(given, { reportInput: true });
  if (error !== undefined) return { failure: invalidParameters(fieldFaults(error)) };
  return runInCommand(name, async () => {
    try {
      return { result: await run(data) };
    } catch (thrown) {
      if (thrown instanceof AppError) return { failure: publicFailure(thrown) };
      throw thrown;
    }
  });
}

function invalidParameters(errors: FieldFault[]): Failure {
  return {
    kind: 'invalid',
    message: 'The command is not valid',
    errors: errors.map(({ field, message }) => ({ field, message })),
  };
}

function failureOf(thrown: unknown, signal: AbortSignal, logger: Logger): Failure {
  if (thrown instanceof AppError) return publicFailure(thrown);
  if (thrown instanceof SchemaConflictError) return { kind: 'refused', message: thrown.message };
  if (signal.aborted)
    return { kind: 'interrupted', message: 'Stopped; what was done before stays done' };
  if (isDatabaseUnavailable(thrown) || thrown instanceof HashQueueFullError) {
    logger.warn({ err: thrown }, 'A command found the database or the hash queue not available');
    return {
      kind: 'unavailable',
      message: 'The database or the hash queue is not available; try again',
    };
  }
  logger.error({ err: thrown }, 'A command failed');
  const named =
    thrown instanceof MigrationError ? `: ${thrown.message}` : '; the log has the cause';
  return { kind: 'unexpected', message: `The command failed${named}` };
}

function publicFailure({ status, message, details }: AppError): Failure {
  const reason = details?.reason;
  if (status === 422) return invalidParameters(details?.errors ?? []);
  return {
    kind: status === 503 || status === 429 ? 'unavailable' : 'refused',
    message,
    ...(reason === undefined ? {} : { reason }),
  };
}
