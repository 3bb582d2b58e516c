import completion from '@bomb.sh/tab/commander';
import { Command as Program } from 'commander';
import { version } from '../../configuration/version.ts';
import { exitCodes, type Given } from '../command/command.ts';
import { type AnyCommand, commands } from '../commands/all-commands.ts';

export type RunGiven = (command: AnyCommand, given: Given) => Promise<void>;

const codes = `
Exit codes:
  0  done
  1  failed unexpectedly
  2  the command, a value or the configuration is not valid
  3  not found, or refused by a rule
  4  finished, with faults in what was read or checked
  5  not available now: try again

Settings are read from the environment and from .env, as the service does.
Shell completion: source <(adl complete bash), or zsh, fish, powershell.
`;

/** The whole program for commander: arguments, help, and completion for four shells. */
export function createProgram(run: RunGiven): Program {
  const program = new Program('adl')
    .description('The command line of ADL, beside a running server or without one')
    .version(version)
    .exitOverride()
    // Otherwise `keys` would take the --json of `keys rotate`.
    .enablePositionalOptions()
    .showHelpAfterError('(adl --help shows all commands)')
    .addHelpText('after', codes);
  for (const command of commands) add(program, command, run);
  completion(program);
  return program;
}

function add(program: Program, command: AnyCommand, run: RunGiven): void {
  const { name, summary, operands = [], options = [] } = command;
  const words = name.split(' ');
  const parent = words.length === 1 ? program : groupOf(program, words[0] ?? '');
  const added = parent.command(words.at(-1) ?? '').description(summary);
  for (const [syntax, description] of operands) added.argument(syntax, description);
  for (const [syntax, description] of options) added.option(syntax, description);
  added.option('--json', 'print JSON, one object a line');
  added.action(async (...parameters: unknown[]) => {
    const values = parameters.slice(0, operands.length) as (string | undefined)[];
    const named = added.registeredArguments.map(
      (argument, at) => [argument.name(), values[at]] as const,
    );
    await run(command, { ...added.opts(), ...Object.fromEntries(named) });
  });
}

function groupOf(program: Program, name: string): Program {
  const found = program.commands.find((command) => command.name() === name);
  return found ?? program.command(name).description(`${name} commands`);
}

/** commander throws where it has shown help or named a mistake. */
export function exitCodeOf({ exitCode }: { exitCode: number }): number {
  return exitCode === 0 ? exitCodes.done : exitCodes.invalid;
}
