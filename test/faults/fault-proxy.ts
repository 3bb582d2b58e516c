import { once } from 'node:events';
import { createServer, type Server, Socket } from 'node:net';
import { findFreePort } from '../free-port.ts';
import { type CommitFinder, createCommitFinder } from './commit-finder.ts';
import {
  type Cut,
  changeMode,
  createFaultState,
  cutStatement,
  deliver,
  type FaultMode,
  type FaultState,
  takeCut,
  untilPassable,
} from './fault-mode.ts';

export type FaultProxy = {
  port: number;
  /**
   * Takes effect at once, on open connections too; when it resolves, the port is closed or open
   * again.
   */
  mode: (mode: FaultMode) => Promise<void>;
  /** How many are open now. */
  readonly connections: number;
  /** How many were cut at a COMMIT so far. */
  readonly cuts: number;
  close: () => Promise<void>;
};

type Target = { targetHost: string; targetPort: number };
type Proxy = {
  state: FaultState;
  connections: Set<Connection>;
  sockets: Set<Socket>;
  cuts: number;
};
/**
 * With `withheld` set, the server's answers go there until it has answered everything; then the cut
 * follows.
 */
type Connection = {
  client: Socket;
  target: Socket;
  commits: CommitFinder;
  withheld: { cut: Cut; answer: Buffer } | null;
};

export async function startFaultProxy(target: Target): Promise<FaultProxy> {
  const proxy: Proxy = {
    state: createFaultState(),
    connections: new Set(),
    sockets: new Set(),
    cuts: 0,
  };
  const port = await findFreePort();
  const options = { allowHalfOpen: true, noDelay: true };
  const server = createServer(options, (client) => void serve(proxy, client, target));
  await listen(server, port);
  return {
    port,
    mode: async (mode) => {
      enter(proxy, mode);
      if (mode === 'refuse') server.close();
      else if (!server.listening) await listen(server, port);
    },
    get connections() {
      return proxy.connections.size;
    },
    get cuts() {
      return proxy.cuts;
    },
    close: async () => {
      enter(proxy, 'refuse');
      server.close();
      // Including those whose other half is already gone.
      for (const socket of proxy.sockets) socket.destroy();
    },
  };
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
}

function enter(proxy: Proxy, mode: FaultMode): void {
  changeMode(proxy.state, mode);
  for (const connection of proxy.connections) {
    if (mode === 'refuse' || mode === 'reset') abort(connection);
    if (mode === 'half-close') connection.client.end();
  }
}

function abort({ client, target }: Connection): void {
  for (const socket of [client, target]) {
    // A reset during the shutdown that `end` begins fails inside Node, which then never exits.
    if (socket.writableEnded) socket.destroy();
    else socket.resetAndDestroy();
  }
}

async function serve(
  proxy: Proxy,
  client: Socket,
  { targetHost, targetPort }: Target,
): Promise<void> {
  const { state } = proxy;
  const target = new Socket({ allowHalfOpen: true });
  const connection: Connection = { client, target, commits: createCommitFinder(), withheld: null };
  for (const socket of [client, target]) {
    proxy.sockets.add(socket);
    socket.on('error', () => abort(connection));
    socket.once('close', () => proxy.sockets.delete(socket));
  }
  if (state.mode === 'reset' || state.mode === 'refuse') return abort(connection);
  if (state.mode === 'half-close') client.end();
  proxy.connections.add(connection);
  client.once('close', () => proxy.connections.delete(connection));
  await untilPassable(state);
  if (client.destroyed) return;
  target.setNoDelay().connect(targetPort, targetHost);
  void pump(client, target, connection, (bytes) => passRequest(proxy, connection, bytes));
  void pump(target, client, connection, (bytes) => passAnswer(proxy, connection, bytes));
}

/**
 * One direction of a connection, in order; its end is forwarded as an end, any error as a reset.
 */
async function pump(
  from: Socket,
  to: Socket,
  connection: Connection,
  pass: (bytes: Buffer) => Promise<void>,
): Promise<void> {
  try {
    // Iterating a socket directly destroys it at its end, and with it the other direction.
    for await (const bytes of from.iterator({ destroyOnReturn: false })) await pass(bytes);
    to.end();
  } catch {
    abort(connection);
  }
}

async function passRequest(proxy: Proxy, connection: Connection, bytes: Buffer): Promise<void> {
  await untilPassable(proxy.state);
  const commitAt = connection.commits.find(bytes, cutStatement(proxy.state));
  const cut = commitAt === null ? null : takeCut(proxy.state);
  if (cut?.cut === 'after-commit') connection.withheld = { cut, answer: Buffer.alloc(0) };
  const isHeldBack = commitAt !== null && cut?.cut === 'before-commit';
  await deliver(proxy.state, connection.target, isHeldBack ? bytes.subarray(0, commitAt) : bytes);
  if (isHeldBack) makeCut(proxy, connection, cut);
}

const readyForQuery = Buffer.from('Z\0\0\0\x05', 'latin1');

async function passAnswer(proxy: Proxy, connection: Connection, bytes: Buffer): Promise<void> {
  const { withheld, client } = connection;
  if (withheld === null) return deliver(proxy.state, client, bytes);
  // Only the answer shows that the server has carried out the COMMIT.
  withheld.answer = Buffer.concat([withheld.answer, bytes]);
  if (withheld.answer.includes(readyForQuery)) makeCut(proxy, connection, withheld.cut);
}

function makeCut(proxy: Proxy, connection: Connection, cut: Cut): void {
  proxy.cuts += 1;
  cut.onCut?.();
  abort(connection);
}
