import { createReadStream, fstatSync, openSync } from 'node:fs';
import {
  type Command,
  exitCodes,
  type LocalCommand,
  type LocalEnvironment,
  type Outcome,
} from '../command/command.ts';
import type { AskServer } from '../local-socket/ask-server.ts';
import { askPassword } from './ask-password.ts';
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
  given: Given,
  json: boolean,
): Promise<Outcome> {
  const { file, errors, ...rest } = given;
  const source = command.readsFile === true ? openSource(String(file)) : null;
  const secret = command.asksPassword === true ? { password: await askPassword() } : {};
  const backend = await environment.openBackend({ isForAnySchema: command.isForAnySchema ?? false });
  const errorsFile = typeof errors === 'string' ? errors : undefined;
  const listener = createListener({ json, errorsFile, totalBytes: source?.bytes });
  try {
    return await backend.ask(
      command.name,
      { ...rest, ...secret },
      {
        input: source?.input ?? nothing(),
        signal: environment.signal,
        send: listener.hear,
      },
    );
  } finally {
    await listener.close();
    await backend.close();
  }
}

async function* nothing(): AsyncGenerator<Buffer> {}

type Source = { input: AsyncIterable<Buffer>; bytes: number | undefined };

function openSource(file: string): Source {
  if (file === '-') return { input: process.stdin as AsyncIterable<Buffer>, bytes: undefined };
  const fd = openSync(file, 'r');
  return { input: createReadStream('', { fd }) as AsyncIterable<Buffer>, bytes: fstatSync(fd).size };
}
