import type { z } from 'zod';
import type { Assembly } from '../../access/route-dependencies.ts';
import type { Config } from '../../configuration/config.ts';
import type { BreachedPasswords } from '../../domain/breached-passwords/breached-passwords.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import type { PasswordHasher } from '../../platform/hashing/password-hasher.ts';
import type { JobQueue } from '../../platform/jobs/job-queue.ts';

/** What a command works with, in the server's process or in its own. */
export type CommandDependencies = Pick<
  Dependencies,
  'config' | 'logger' | 'engine' | 'db' | 'keys'
> & {
  /** Opened where a command needs it: a hash takes a quarter of a second, a queue its tables. */
  readonly openHasher: () => Promise<PasswordHasher>;
  /** Reads the file of `BREACHED_PASSWORDS_FILE`. */
  readonly openBreachedPasswords: () => Promise<BreachedPasswords>;
  readonly openJobs: () => Promise<JobQueue>;
  /** All that routes have. */
  readonly openService: () => Promise<Dependencies & Assembly>;
};

/** A row of a file that was not taken, by its line and the reason. */
export type RowFault = { line: number; field: string; message: string };

/**
 * What a command tells while it runs. Each is sent before the command goes on: nothing piles up.
 */
export type CommandEvent =
  | { item: object }
  | { text: string }
  | { fault: RowFault }
  | { progress: number };

/** The ends of the pipe between a command and whoever ordered it. */
export type Exchange = {
  /** The bytes of a file or of standard input. */
  readonly input: AsyncIterable<Buffer>;
  /** Aborts when the one who ordered it is gone, or the process is to end. */
  readonly signal: AbortSignal;
  readonly send: (event: CommandEvent) => Promise<void>;
};

/** An option or operand in the syntax of commander: `--email <address>`, `[file]`. */
type Described = readonly [syntax: string, description: string];

type CommandLine = {
  /** Its words: `admin create`. */
  readonly name: string;
  readonly summary: string;
  readonly operands?: readonly Described[];
  readonly options?: readonly Described[];
};

/** A command that runs where the database is open. */
export type Command<Schema extends z.ZodObject = z.ZodObject> = CommandLine & {
  /** What travels to the process that runs it: the options and operands, in camel case. */
  readonly parameters: Schema;
  /** Asked for on the terminal or read from standard input, and sent as `password`. */
  readonly asksPassword?: boolean;
  /** The parameter with the path of a file, which is sent as input; `-` is standard input. */
  readonly readsFile?: boolean;
  /** Its items go to the file of the operand, with these columns if that is CSV. */
  readonly writesFile?: readonly string[];
  /** A parameter with the path of a JSON file, whose content is sent instead. */
  readonly readsJson?: string;
  /** It works on a database that is not migrated. */
  readonly isForAnySchema?: boolean;
  run(deps: CommandDependencies, parameters: z.output<Schema>, exchange: Exchange): Promise<object>;
  /** 4 where the result tells of faults. */
  readonly isFaulty?: (result: Record<string, unknown>) => boolean;
};

/** A command that orders others, one after the other, with an input that it makes itself. */
export type GuidedCommand = CommandLine & {
  runGuided(given: Given, guide: Guide): Promise<Outcome>;
  readonly isFaulty?: (result: Record<string, unknown>) => boolean;
};

export type Guide = {
  /** Aborts when the process is to end. */
  readonly signal: AbortSignal;
  /** Throws `ConfigError`. */
  readonly readConfig: () => Config;
  /** Shows an item as JSON with `--json`, otherwise as the text. */
  readonly tell: (item: object, text: string) => Promise<void>;
  readonly ask: (
    command: string,
    parameters: object,
    input: AsyncIterable<Buffer>,
    /** What becomes of an event before it is shown; null shows nothing. */
    change: (event: CommandEvent) => CommandEvent | null,
  ) => Promise<Outcome>;
};

/** A command that needs no database, or none that is there. */
export type LocalCommand = CommandLine & {
  runLocally(environment: LocalEnvironment, given: Given, send: Exchange['send']): Promise<Outcome>;
};

/** What was given on the command line, by the names of options and operands in camel case. */
export type Given = Record<string, string | boolean | undefined>;

/** A database that a command fills. */
export type NewDatabase = {
  readonly deps: CommandDependencies;
  /** `discard`: nothing of it is left, unless it was there before. */
  close(outcome: 'keep' | 'discard'): Promise<void>;
};

export type LocalEnvironment = {
  /** Throws `ConfigError`. */
  readonly readConfig: () => Config;
  /** The empty database that the configuration names; throws where it is not empty or in use. */
  readonly openTarget: () => Promise<NewDatabase>;
  /** An empty database that is removed when it is closed. */
  readonly openScratch: () => Promise<NewDatabase>;
};

/** Keeps the types of the schema for `run`. */
export function defineCommand<Schema extends z.ZodObject>(command: Command<Schema>): Command {
  return command;
}

/** Codes for scripts; documented in docs/command-line.md. */
export const exitCodes = {
  done: 0,
  unexpected: 1,
  invalid: 2,
  refused: 3,
  faulty: 4,
  unavailable: 5,
  interrupted: 130,
} as const;

type FailureKind = 'unexpected' | 'invalid' | 'refused' | 'unavailable' | 'interrupted';

export type Failure = {
  kind: FailureKind;
  message: string;
  reason?: string;
  errors?: { field: string; message: string }[];
};

/** How a command ended. */
export type Outcome = { result: object } | { failure: Failure };
