import type { Writable } from 'node:stream';
import {
  type Command,
  exitCodes,
  type Given,
  type GuidedCommand,
  type LocalCommand,
  type LocalEnvironment,
  type Outcome,
} from '../command/command.ts';
import { type AnyCommand, findCommand } from '../commands/all-commands.ts';
import type { AskServer } from '../local-socket/ask-server.ts';
import { askPassword } from './ask-password.ts';
import { openFile, readJsonFile } from './files.ts';
import { openItemFile } from './item-file.ts';
import { createListener, type Listener } from './listener.ts';
import { presentFailure, presentResult, write } from './present.ts';

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
  command: AnyCommand,
  { json, ...given }: Given,
): Promise<number> {
  const isWriting = 'writesFile' in command && command.writesFile !== undefined;
  const outcome = await runAny(environment, command, given, json === true);
  // Beside what was exported to standard output, the result would be one row too many.
  const out = isWriting && (given.file ?? '-') === '-' ? process.stderr : process.stdout;
  await show(outcome, json === true, out);
  if ('failure' in outcome) return exitCodes[outcome.failure.kind];
  const isFaulty =
    'isFaulty' in command && command.isFaulty?.(outcome.result as Record<string, unknown>);
  return isFaulty ? exitCodes.faulty : exitCodes.done;
}

async function show(outcome: Outcome, json: boolean, out: Writable): Promise<void> {
  if ('result' in outcome) {
    const shown = json ? `${JSON.stringify(outcome.result)}\n` : presentResult(outcome.result);
    return write(out, shown);
  }
  if (json) await write(out, `${JSON.stringify({ error: outcome.failure })}\n`);
  else await write(process.stderr, `adl: ${presentFailure(outcome.failure)}`);
}

async function runAny(
  environment: Environment,
  command: AnyCommand,
  given: Given,
  json: boolean,
): Promise<Outcome> {
  if ('runLocally' in command) return runLocally(environment, command, given, json);
  if ('runGuided' in command) return guide(environment, command, given, json);
  return runInBackend(environment, command, given, json);
}

async function runLocally(
  environment: Environment,
  command: LocalCommand,
  given: Given,
  json: boolean,
): Promise<Outcome> {
  const listener = createListener({ json });
  try {
    return await command.runLocally(environment, given, listener.hear);
  } finally {
    await listener.close();
  }
}

async function guide(
  environment: Environment,
  command: GuidedCommand,
  { errors, ...given }: Given,
  json: boolean,
): Promise<Outcome> {
  const listener = createListener({ json, errorsFile: text(errors) });
  const { signal, readConfig } = environment;
  try {
    return await command.runGuided(given, {
      signal,
      readConfig,
      tell: (item, words) => listener.hear(json ? { item } : { text: words }),
      ask: async (name, parameters, input, change) => {
        const send: Listener['hear'] = async (event) => {
          const changed = change(event);
          if (changed !== null) await listener.hear(changed);
        };
        const isForAnySchema = findCommand(name)?.isForAnySchema ?? false;
        const backend = await environment.openBackend({ isForAnySchema });
        try {
          return await backend.ask(name, parameters, { input, signal, send });
        } finally {
          await backend.close();
        }
      },
    });
  } finally {
    await listener.close();
  }
}

async function runInBackend(
  environment: Environment,
  command: Command,
  { errors, ...given }: Given,
  json: boolean,
): Promise<Outcome> {
  const source = command.readsFile === true ? await openFile(String(given.file)) : null;
  const further = await furtherParameters(command, given);
  const { file, format, ...rest } = given;
  const target =
    command.writesFile && (await openItemFile(text(file) ?? '-', text(format), command.writesFile));
  const backend = await environment.openBackend({
    isForAnySchema: command.isForAnySchema ?? false,
  });
  const listener = createListener({
    json,
    errorsFile: text(errors),
    totalBytes: source?.bytes,
    onItem: target?.add,
    onText: target?.addText,
  });
  // The file and the format of an export are for this side alone.
  const parameters = { ...(target ? rest : given), ...source?.parameters, ...further };
  const input = source?.input ?? nothing();
  try {
    const { signal } = environment;
    return await backend.ask(command.name, parameters, { input, signal, send: listener.hear });
  } finally {
    await listener.close();
    await target?.close();
    await backend.close();
  }
}

function text(value: Given[string]): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

async function furtherParameters(
  { readsJson, asksPassword }: Command,
  given: Given,
): Promise<object> {
  const path = readsJson === undefined ? undefined : given[readsJson];
  const content =
    readsJson !== undefined && typeof path === 'string' ? { [readsJson]: readJsonFile(path) } : {};
  return asksPassword === true ? { ...content, password: await askPassword() } : content;
}

async function* nothing(): AsyncGenerator<Buffer> {}
