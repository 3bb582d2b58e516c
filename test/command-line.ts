import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { TestContext } from 'node:test';
import { assembly } from '../src/app.ts';
import type { CommandDependencies, CommandEvent, Outcome } from '../src/cli/command/command.ts';
import { connectToServer } from '../src/cli/local-socket/ask-server.ts';
import { type CommandServer, serveCommands } from '../src/cli/local-socket/serve-commands.ts';
import type { TestApp } from './test-app.ts';

type Run = { outcome: Outcome; events: CommandEvent[] };

export type CommandLine = {
  dataDir: string;
  server: CommandServer;
  /** Runs a command as `adl` would: through the socket, in the service. */
  run(command: string, parameters?: object, input?: string | Readable): Promise<Run>;
  /** The same; throws if it fails. */
  result(command: string, parameters?: object, input?: string): Promise<Record<string, unknown>>;
};

export function temporaryDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'adl-command-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** The dependencies of commands in a service under test, with a `DATA_DIR` of its own. */
export function commandDependencies({ deps }: TestApp, dataDir: string): CommandDependencies {
  const { hasher, breachedPasswords, jobs, config } = deps;
  return {
    ...deps,
    config: { ...config, dataDir },
    openHasher: async () => hasher,
    openBreachedPasswords: async () => breachedPasswords,
    openJobs: async () => jobs,
    openService: async () => ({ ...deps, ...assembly }),
  };
}

export async function openCommandLine(t: TestContext, service: TestApp): Promise<CommandLine> {
  const dataDir = temporaryDirectory(t);
  const server = await serveCommands(commandDependencies(service, dataDir));
  if (server === null) throw new Error(service.logs());
  t.after(() => server.close());
  const run: CommandLine['run'] = async (command, parameters = {}, input = '') => {
    const connection = await connectToServer(dataDir);
    if (connection === null) throw new Error('nobody serves commands');
    const events: CommandEvent[] = [];
    const outcome = await connection.ask(command, parameters, {
      input: typeof input === 'string' ? Readable.from([Buffer.from(input)]) : input,
      signal: new AbortController().signal,
      send: async (event) => void events.push(event),
    });
    connection.close();
    return { outcome, events };
  };
  const result: CommandLine['result'] = async (...order) => {
    const { outcome } = await run(...order);
    if ('failure' in outcome) throw new Error(JSON.stringify(outcome.failure));
    return outcome.result as Record<string, unknown>;
  };
  return { dataDir, server, run, result };
}

/** The items and faults of a run. */
export function itemsOf({ events }: Run) {
  return events.flatMap((event) =>
    'item' in event ? [event.item as Record<string, unknown>] : [],
  );
}

export function faultsOf({ events }: Run) {
  return events.flatMap((event) => ('fault' in event ? [event.fault] : []));
}
