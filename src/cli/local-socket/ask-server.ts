import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { version } from '../../configuration/version.ts';
import type { Exchange, Outcome } from '../command/command.ts';
import { type Answer, readLines, toChunks } from './frames.ts';
import { findSocketDirectory, socketPathIn } from './socket-path.ts';

/** Asks the server to run one command; the outcome, or a throw if the connection was lost. */
export type AskServer = (
  command: string,
  parameters: object,
  exchange: Exchange,
) => Promise<Outcome>;

/** Connects to the server that holds the embedded database; null if none runs. */
export async function connectToServer(
  dataDir: string,
): Promise<{ ask: AskServer; close(): void } | null> {
  const socket = await connect(dataDir);
  return socket && { ask: (...order) => askOn(socket, ...order), close: () => socket.destroy() };
}

async function connect(dataDir: string): Promise<Socket | null> {
  const directory = findSocketDirectory(dataDir);
  const found = directory === null ? null : socketPathIn(directory);
  if (found === null) return null;
  const socket = createConnection({ path: found.path, allowHalfOpen: true });
  try {
    await once(socket, 'connect');
    return socket.on('error', () => {});
  } catch (error) {
    if (['ECONNREFUSED', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return null;
    throw error;
  } finally {
    found.close();
  }
}

async function askOn(
  socket: Socket,
  command: string,
  parameters: object,
  { input, signal, send }: Exchange,
): Promise<Outcome> {
  signal.addEventListener('abort', () => socket.destroy(), { once: true });
  socket.write(`${JSON.stringify({ version, command, parameters })}\n`);
  // The server may end before it has read all: it stops at a fault, or has refused the command.
  const broken: unknown[] = [];
  void pipeline(toChunks(telling(input, broken)), socket).catch(() => {});
  try {
    for await (const line of readLines(socket as AsyncIterable<Buffer>)) {
      const answer = JSON.parse(line) as Answer;
      if ('outcome' in answer) return answer.outcome;
      await send(answer);
    }
  } catch (error) {
    if (!socket.destroyed) throw error;
  }
  signal.throwIfAborted();
  if (broken.length > 0) throw toError(broken[0]);
  const message = 'The connection to the server was lost; what it had done stays done';
  return { failure: { kind: 'unavailable', message } };
}

/** The input, and the error if it cannot be read: that is no fault of the server. */
async function* telling(input: AsyncIterable<Buffer>, broken: unknown[]): AsyncGenerator<Buffer> {
  try {
    yield* input;
  } catch (error) {
    broken.push(error);
    throw error;
  }
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error
    ? thrown
    : new Error('the input cannot be read', { cause: thrown });
}
