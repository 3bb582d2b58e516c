import type { Server } from 'node:http';
import { type AddressInfo, connect, Server as NetServer } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';

// For a firewall that blocks our own port, or connections that arrive faster than we accept them.
const longestMilliseconds = 1000;

/**
 * Stops listening without resetting clients. The kernel completes a connection, and receives its
 * request, before we accept it; closing the listener resets all connections in that queue. So the
 * queue is cut to one place and drained until our own connection takes that place: only that one is
 * reset. Clients that connect meanwhile are refused, and a proxy can safely retry any request on
 * another replica. Open connections are not affected.
 */
export async function closeListener(server: Server): Promise<void> {
  const address = server.address();
  if (address === null || typeof address === 'string') return;
  cutQueueToOne(server);
  const deadline = performance.now() + longestMilliseconds;
  while (!(await isQueueOurs(address)) && performance.now() < deadline) await nextTurn();
  // In the same turn of the event loop, so that nothing is accepted in between. The HTTP server's
  // own `close` would also close idle connections.
  NetServer.prototype.close.call(server);
}

type Handle = { listen?(backlog: number): number; getpeername?(address: object): number };

function cutQueueToOne(server: Server): void {
  // Linux queues one more connection than the backlog.
  handleOf(server)?.listen?.(0);
}

/** Tries a connection of our own; on loopback the kernel decides before `connect` returns. */
async function isQueueOurs({ address, port }: AddressInfo): Promise<boolean> {
  const socket = connect(port, address).on('error', () => {});
  const { promise, resolve } = Promise.withResolvers<void>();
  process.nextTick(resolve);
  await promise;
  const isConnected = handleOf(socket)?.getpeername?.({}) === 0;
  socket.destroy();
  return isConnected;
}

/** No public API of Node gives the state of a connection, or sets the backlog, in time. */
function handleOf(owner: object): Handle | null {
  // oxlint-disable-next-line no-underscore-dangle -- the name is Node's
  return (owner as { _handle: Handle | null })._handle;
}
