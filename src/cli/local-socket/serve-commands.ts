import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { version } from '../../configuration/version.ts';
import type { CommandDependencies, Exchange, Failure, Outcome } from '../command/command.ts';
import { fromChunks, longestLine, type Order, piecesOf, writeLine } from './frames.ts';
import { prepareSocketDirectory, type SocketPath, socketPathIn } from './socket-path.ts';

/** Commands at once; a further client is told to come again. */
const mostCommands = 16;
/** A client that neither sends nor reads for so long is gone, or has stopped for good. */
const idleMilliseconds = 300_000;
const closeMilliseconds = 5000;

export type CommandServer = {
  /** Takes no more commands, stops those that run between two steps, and waits for them. */
  close(): Promise<void>;
};

/**
 * Runs commands for whoever may open a socket in `DATA_DIR`: the user of this process, and root.
 * Call it only while holding the directory's lock, which makes any socket that lies there a stale
 * one. Null, with a warning, where no socket can be made: the service serves without it.
 */
export async function serveCommands(
  deps: CommandDependencies,
  orderMilliseconds = 5000,
): Promise<CommandServer | null> {
  try {
    return await listen(deps, orderMilliseconds);
  } catch (error) {
    deps.logger.warn(
      { err: error },
      'command line: failed - adl cannot reach this process through DATA_DIR',
    );
    return null;
  }
}

async function listen(
  deps: CommandDependencies,
  orderMilliseconds: number,
): Promise<CommandServer> {
  const directory = prepareSocketDirectory(deps.config.dataDir);
  // Removes a stale socket, or a symbolic link that somebody put there, and never what it leads to.
  rmSync(join(directory, 'adl.sock'), { force: true });
  const path = socketPathIn(directory);
  if (path === null) throw new Error('the path of DATA_DIR is too long for a socket');
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {});
    if (running.size >= mostCommands) return end(socket, { failure: busy });
    const run = serveClient(deps, socket, stopping.signal, orderMilliseconds).finally(() =>
      running.delete(run),
    );
    running.add(run);
  });
  server.maxConnections = 16 * mostCommands;
  await bind(server, path);
  return {
    close: async () => {
      stopping.abort();
      server.close();
      await Promise.race([Promise.all(running), sleep(closeMilliseconds, null, { ref: false })]);
      path.close();
    },
  };
}

/** The socket is made with the rights of its owner alone: no moment in which others may connect. */
async function bind(server: ReturnType<typeof createServer>, { path }: SocketPath): Promise<void> {
  const mask = process.umask(0o177);
  try {
    server.listen(path);
  } finally {
    process.umask(mask);
  }
  await once(server, 'listening');
}

async function serveClient(
  deps: CommandDependencies,
  socket: Socket,
  stopping: AbortSignal,
  orderMilliseconds: number,
): Promise<void> {
  const gone = new AbortController();
  socket.once('close', () => gone.abort());
  socket.setTimeout(idleMilliseconds, () => socket.destroy());
  const signal = AbortSignal.any([stopping, gone.signal]);
  try {
    const order = await readOrder(
      socket,
      AbortSignal.any([signal, AbortSignal.timeout(orderMilliseconds)]),
    );
    const outcome = await carryOut(deps, order, {
      input: fromChunks(socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>),
      signal,
      send: async (event) => {
        for (const piece of piecesOf(event)) await writeLine(socket, piece, signal);
      },
    });
    end(socket, outcome);
  } catch {
    end(socket, { failure: stopping.aborted ? ending : malformed });
  }
}

const orderForm = z.object({
  version: z.string().max(50),
  command: z.string().max(50),
  parameters: z.record(z.string().max(50), z.unknown()),
});

/** The first line, in time; what came behind it stays in the socket. */
async function readOrder(socket: Socket, signal: AbortSignal): Promise<Order> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const fail = () => reject(new Error('no order in one line and in time'));
  let all: Buffer = Buffer.alloc(0);
  const take = (chunk: Buffer) => {
    all = Buffer.concat([all, chunk]);
    if (all.includes(0x0a)) resolve(all);
    else if (all.length > longestLine) fail();
  };
  signal.addEventListener('abort', fail, { once: true });
  socket.on('data', take).once('end', fail);
  try {
    await promise;
  } finally {
    socket.off('data', take).off('end', fail).pause();
    signal.removeEventListener('abort', fail);
  }
  const length = all.indexOf(0x0a);
  if (length + 1 < all.length) socket.unshift(all.subarray(length + 1));
  return orderForm.parse(JSON.parse(all.subarray(0, length).toString()));
}

async function carryOut(
  deps: CommandDependencies,
  order: Order,
  exchange: Exchange,
): Promise<Outcome> {
  if (order.version !== version) {
    return refusedAs(
      `The server runs version ${version}, this is ${order.version}: restart the server`,
    );
  }
  // Loaded with the first order: the service itself needs none of it.
  const { findCommand } = await import('../commands/all-commands.ts');
  const { executeCommand } = await import('../command/execute-command.ts');
  const command = findCommand(order.command);
  if (command === null) return refusedAs('There is no such command');
  return executeCommand(command, deps, order.parameters, exchange);
}

function refusedAs(message: string): Outcome {
  return { failure: { kind: 'refused', message } };
}

const busy: Failure = { kind: 'unavailable', message: 'Too many commands run at once; try again' };
const ending: Failure = { kind: 'unavailable', message: 'The server is stopping; try again' };
const malformed: Failure = { kind: 'invalid', message: 'This is no order of the command line' };

/**
 * Input that nobody reads is thrown away: closed with it unread, the connection would lose the
 * answer.
 */
function end(socket: Socket, outcome: Outcome): void {
  if (socket.writable) socket.end(`${JSON.stringify({ outcome })}\n`);
  socket.resume();
  setTimeout(() => socket.destroy(), closeMilliseconds).unref();
}
