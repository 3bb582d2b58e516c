import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { unavailable } from '../errors.ts';
import type { Logger } from '../logging/logger.ts';
import { createReminder } from '../logging/reminder.ts';
import { type CidrList, cidrListContains } from './cidr.ts';
import { networkOf, peerAddress } from './client-address.ts';

/** Ten thousand that idle, and those who come meanwhile. */
const mostConnections = 12_000;

/** So many at once are told that there is no place for them; the others are cut off. */
const mostRefused = 100;

type Config = { trustedProxies: CidrList; rateLimitIpv6Prefix: number };
type Deps = { config: Config; logger: Logger };
type Held = { network: string; requests: number };

/**
 * Holds so many connections, and of one client half of them, unless it is a trusted proxy. Who comes when all are
 * taken gets the place of the one that has idled longest, so that open sockets that do nothing lock nobody out. Only
 * where none idles, or a client has its share, is the newcomer's first request a 503.
 */
export function limitConnections(app: FastifyInstance, { config, logger }: Deps): void {
  const most = connectionsWithin(openFilesLimit());
  const held = new Map<Socket, Held>();
  const countByNetwork = new Map<string, number>();
  // In the order in which they began to idle. One that sends a header byte by byte still does.
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
    // Its own event comes later, and the next newcomer perhaps before.
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
  app.addHook('onRequest', async ({ raw }, reply) => {
    if (!refused.has(raw.socket)) return;
    reply.header('connection', 'close');
    throw unavailable();
  });
}

/** The rest is for the database, for mail, and for what a connection costs beside itself. */
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
