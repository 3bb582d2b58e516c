import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

const maxRequestsPerConnection = 1000;

/** Waiting requests on all connections, about 10 kB each. Hardly any client uses pipelining. */
const mostWaiting = 2000;

type Exchange = { request: IncomingMessage; response: ServerResponse };
type Line = { received: number; isBusy: boolean; waiting: Exchange[] };

/**
 * Serves the requests of a connection one after the other, at most a thousand. Node starts
 * pipelined requests all at once: one socket could run hundreds of handlers and SQL statements, and
 * responses that the client does not read would accumulate in memory. Here each request starts
 * after the previous response is sent.
 */
export function serveInTurn(app: FastifyInstance): void {
  const lines = new WeakMap<Socket, Line>();
  const outsideRequests = AsyncLocalStorage.snapshot();
  let waitingInAll = 0;

  const receive = (request: IncomingMessage, response: ServerResponse): void => {
    const { socket } = request;
    const line = lines.get(socket) ?? open(socket);
    line.received += 1;
    // Its response would never be sent, so it must not be executed.
    if (line.received > maxRequestsPerConnection) return;
    if (line.received === maxRequestsPerConnection) response.setHeader('connection', 'close');
    if (!line.isBusy) begin(line, { request, response });
    else if (waitingInAll >= mostWaiting) socket.destroy();
    else {
      line.waiting.push({ request, response });
      waitingInAll += 1;
    }
  };

  const open = (socket: Socket): Line => {
    const line: Line = { received: 0, isBusy: false, waiting: [] };
    lines.set(socket, line);
    socket.once('close', () => {
      waitingInAll -= line.waiting.length;
      line.waiting = [];
    });
    return line;
  };

  const begin = (line: Line, { request, response }: Exchange): void => {
    line.isBusy = true;
    response.once('close', () => {
      line.isBusy = false;
      // After `Connection: close`, or if the client has disconnected, nothing more is executed.
      const next = request.socket.writable ? line.waiting.shift() : undefined;
      if (next === undefined) return;
      waitingInAll -= 1;
      // Outside the trace, log fields and last transaction of the previous request.
      outsideRequests(begin, line, next);
    });
    app.routing(request, response);
  };

  app.server.removeAllListeners('request').on('request', receive);
}
