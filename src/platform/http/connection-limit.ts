import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { unavailable } from '../errors.ts';
import type { Logger } from '../logging/logger.ts';
import { createReminder } from '../logging/reminder.ts';
import { type CidrList, cidrListContains } from './cidr.ts';
import { networkOf, peerAddress } from './client-address.ts';

/** Ten thousand idle connections, and room for new ones. */
const mostConnections = 12_000;

/** At most this many refused connections at once get a 503; further ones are closed. */
const mostRefused = 100;

type Config = { trustedProxies: CidrList; rateLimitIpv6Prefix: number };
type Deps = { config: Config; logger: Logger };
type Held = { network: string; requests: number };

/**
 * Limits connections, and those of one client to half, unless it is a trusted proxy. When all are
 * taken, a new connection replaces the one that has been idle longest, so that idle sockets lock
 * nobody out. If none is idle, or the client has its share, the first request is answered 503.
 */
export function limitConnections(app: FastifyInstance, { config, logger }: Deps): void {
  const most = connectionsWithin(openFilesLimit());
  const held = new Map<Socket, Held>();
  const countByNetwork = new Map<string, number>();
  // In the order in which they became idle. A connection that sends a header slowly counts as idle.
  const idle = new Set<Socket>();
  const refused = new Set<Socket>();
  const reminder = createReminder();

  const receive = (socket: Socket): void => {
    const address = peerAddress({ socket });
    const network = networkOf(address, config.rateLimitIpv6Prefix);
    const hasShare = (countByNetwork.get(network) ?? 0) >= most / 2;
    if (hasShare && !cidrListContains(config.trustedProxies, address)) refuse(socket);
    else if (held.size < most || closeLongestIdle()) hold(socket, network);
    else refuse(socket);
  };

  const hold = (socket: Socket, network: string): void => {
    held.set(socket, { network, requests: 0 });
    countByNetwork.set(network, (countByNetwork.get(network) ?? 0) + 1);
    idle.add(socket);
    socket.once('close', () => release(socket));
  };

  const release = (socket: Socket): void => {
    const network = held.get(socket)?.network;
    if (network === undefined) return;
    held.delete(socket);
    idle.delete(socket);
    const rest = (countByNetwork.get(network) ?? 0) - 1;
    if (rest > 0) countByNetwork.set(network, rest);
    else countByNetwork.delete(network);
  };

  const closeLongestIdle = (): boolean => {
    const [longest] = idle;
    if (longest === undefined) return false;
    longest.destroy();
    // Its `close` event may come after the next new connection.
    release(longest);
    return true;
  };

  const refuse = (socket: Socket): void => {
    if (reminder.isDue()) logger.warn(`Connections are refused; ${held.size} of ${most} are taken`);
    if (refused.size >= mostRefused) {
      socket.destroy();
      return;
    }
    refused.add(socket);
    socket.once('close', () => refused.delete(socket));
  };

  const watch = (socket: Socket, response: ServerResponse): void => {
    const connection = held.get(socket);
    if (connection === undefined) return;
    idle.delete(socket);
    connection.requests += 1;
    response.once('close', () => {
      connection.requests -= 1;
      if (connection.requests === 0 && held.has(socket)) idle.add(socket);
    });
  };

  app.server.on('connection', receive);
  app.server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) =>
    watch(socket, response),
  );
  app.addHook('onRequest', ({ raw }, reply, next) => {
    if (!refused.has(raw.socket)) return next();
    reply.header('connection', 'close');
    next(unavailable());
  });
}

/** The other files are for the database, mail and everything else. */
function connectionsWithin(openFiles: number): number {
  return Math.min(mostConnections, Math.floor(openFiles * 0.75));
}

function openFilesLimit(): number {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8');
    return Number(/^Max open files +(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY);
  } catch {
    // Not on Linux.
    return Number.POSITIVE_INFINITY;
  }
}
