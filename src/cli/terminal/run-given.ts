import {
  type Command,
  exitCodes,
  type LocalCommand,
  type LocalEnvironment,
  type Outcome,
} from '../command/command.ts';
import type { AskServer } from '../local-socket/ask-server.ts';
import { askPassword } from './ask-password.ts';
import { openFile, readJsonFile } from './files.ts';
import { createListener } from './listener.ts';
import { presentFailure, presentResult, write } from './present.ts';
import type { Given } from './program.ts';

/** Where commands run: in the server that has the database open, or in this process. */
export type Backend = { ask: AskServer; close(): Promise<void> };

export type Environment = LocalEnvironment & {
  /** Throws where neither a server can be asked nor the database opened. */
  openBackend(options: { isForAnySchema: boolean }): Promise<Backend>;
  readonly signal: AbortSignal;
};

/** Runs a command as given and shows how it ended; gives the exit code. */
export async function runGiven(
  environment: Environment,
  command: Command | LocalCommand,
  { json, ...given }: Given,
): Promise<number> {
  const outcome =
    'run' in command
      ? await runInBackend(environment, command, given, json === true)
      : await command.runLocally(environment);
  await show(outcome, json === true);
  if ('failure' in outcome) return exitCodes[outcome.failure.kind];
  const isFaulty = 'isFaulty' in command && command.isFaulty?.(outcome.result as Record<string, unknown>);
  return isFaulty ? exitCodes.faulty : exitCodes.done;
}

async function show(outcome: Outcome, json: boolean): Promise<void> {
  if ('result' in outcome) {
    const text = json ? `${JSON.stringify(outcome.result)}\n` : presentResult(outcome.result);
    return write(process.stdout, text);
  }
  if (json) await write(process.stdout, `${JSON.stringify({ error: outcome.failure })}\n`);
  else await write(process.stderr, `adl: ${presentFailure(outcome.failure)}`);
}

async function runInBackend(
  environment: Environment,
  command: Command,
  { errors, ...given }: Given,
  json: boolean,
): Promise<Outcome> {
  const file = command.readsFile === true ? await openFile(String(given.file)) : null;
  const parameters = { ...given, ...file?.parameters, ...(await furtherParameters(command, given)) };
  const backend = await environment.openBackend({ isForAnySchema: command.isForAnySchema ?? false });
  const errorsFile = typeof errors === 'string' ? errors : undefined;
  const listener = createListener({ json, errorsFile, totalBytes: file?.bytes });
  const input = file?.input ?? nothing();
  try {
    return await backend.ask(command.name, parameters, {
      input,
      signal: environment.signal,
      send: listener.hear,
    });
  } finally {
    await listener.close();
    await backend.close();
  }
}

async function furtherParameters({ readsJson, asksPassword }: Command, given: Given): Promise<object> {
  const path = readsJson === undefined ? undefined : given[readsJson];
  const content =
    readsJson !== undefined && typeof path === 'string' ? { [readsJson]: readJsonFile(path) } : {};
  return asksPassword === true ? { ...content, password: await askPassword() } : content;
}

async function* nothing(): AsyncGenerator<Buffer> {}
