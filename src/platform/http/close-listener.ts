import type { Server } from 'node:http';
import { type AddressInfo, connect, Server as NetServer } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';

// Where a firewall keeps us from our own port, or newcomers come faster than they are accepted.
const longestMilliseconds = 1000;

/**
 * Stops listening and resets nobody. The kernel completes a connection before it is accepted, and takes the request;
 * closing the listener resets all that wait. So the queue is cut to one place, and emptied until a connection of our
 * own takes that: it is then the only one that the close resets. Clients who come meanwhile are refused, not reset, and
 * a proxy turns to another replica with any request. Open connections stay as they are.
 */
export async function closeListener(server: Server): Promise<void> {
  const address = server.address();
  if (address === null || typeof address === 'string') return;
  cutQueueToOne(server);
  const deadline = performance.now() + longestMilliseconds;
  while (!(await isQueueOurs(address)) && performance.now() < deadline) await nextTurn();
  // In the same turn of the event loop, in which nothing is accepted. An HTTP server's own method closes connections.
  NetServer.prototype.close.call(server);
}

type Handle = { listen?(backlog: number): number; getpeername?(address: object): number };

function cutQueueToOne(server: Server): void {
  // Linux has room for one more than it is told.
  handleOf(server)?.listen?.(0);
}

/** Whether a new connection of our own completes: the kernel decides that on loopback before `connect` returns. */
async function isQueueOurs({ address, port }: AddressInfo): Promise<boolean> {
  const socket = connect(port, address).on('error', () => {});
  const { promise, resolve } = Promise.withResolvers<void>();
  process.nextTick(resolve);
  await promise;
  const isConnected = handleOf(socket)?.getpeername?.({}) === 0;
  socket.destroy();
  return isConnected;
}

/** Node shows neither the state of a connection nor the length of a queue elsewhere in time. */
function handleOf(owner: object): Handle | null {
  // oxlint-disable-next-line no-underscore-dangle -- the name is Node's
  return (owner as { _handle: Handle | null })._handle;
}
