import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

const maxRequestsPerConnection = 1000;

/** On all connections together, ten kilobytes each; beyond it a connection is cut off. Hardly any client pipelines. */
const mostWaiting = 2000;

type Exchange = { request: IncomingMessage; response: ServerResponse };
type Line = { received: number; isBusy: boolean; waiting: Exchange[] };

/**
 * Carries out the requests of a connection one after the other, a thousand in all. Node hands over together what
 * arrives together: one socket would have hundreds of handlers and statements at once, and the answers to a client
 * that does not read them would pile up in memory. Here the next one begins when the answer before it has left.
 */
export function serveInTurn(app: FastifyInstance): void {
  const lines = new WeakMap<Socket, Line>();
  let waitingInAll = 0;

  const receive = (request: IncomingMessage, response: ServerResponse): void => {
    const { socket } = request;
    const line = lines.get(socket) ?? open(socket);
    line.received += 1;
    // Its answer would never be sent, so that it must do nothing either.
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
      // Behind `Connection: close`, or a client that is gone, nothing is answered, and nothing done.
      const next = request.socket.writable ? line.waiting.shift() : undefined;
      if (next === undefined) return;
      waitingInAll -= 1;
      begin(line, next);
    });
    app.routing(request, response);
  };

  app.server.removeAllListeners('request').on('request', receive);
}
