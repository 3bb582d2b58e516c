import { request } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';

/**
 * Concurrent requests, each over its own socket, sent from a separate thread so that the server's
 * thread does not pay for them.
 */
export type Flood = { port: number; path: string; body: string; chunked: boolean; count: number };

/** The status, or the error code of a request that got no answer. */
export type FloodResult = number | string;

const { port, path, body, chunked, count } = workerData as Flood;

function send(): Promise<FloodResult> {
  const { promise, resolve } = Promise.withResolvers<FloodResult>();
  const length = chunked ? {} : { 'content-length': Buffer.byteLength(body) };
  const headers = { 'content-type': 'application/json', ...length };
  const outgoing = request({
    port,
    host: '127.0.0.1',
    method: 'POST',
    path,
    headers,
    agent: false,
  });
  outgoing.on('response', (response) => {
    response.resume();
    response.on('end', () => resolve(response.statusCode ?? 0));
  });
  // Errors after the answer are ignored: the rest of the body may meet a closed socket.
  outgoing.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  outgoing.write(body);
  outgoing.end();
  return promise;
}

parentPort?.postMessage(await Promise.all(Array.from({ length: count }, send)));
