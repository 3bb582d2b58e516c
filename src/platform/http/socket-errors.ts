import { randomUUID } from 'node:crypto';
import { type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { AppError, type ErrorName } from '../errors.ts';
import type { Logger } from '../logging/logger.ts';
import { errorAnswer } from './error-answers.ts';
import { type JsonEnd, jsonType } from './json-answers.ts';
import { apiHeaders } from './security-headers.ts';

const namesByCode: Record<string, [ErrorName, string]> = {
  HPE_HEADER_OVERFLOW: ['RequestHeaderFieldsTooLargeError', 'The request header is too large'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['PayloadTooLargeError', 'The request body is too large'],
  ERR_HTTP_REQUEST_TIMEOUT: ['RequestTimeoutError', 'The request did not arrive in time'],
};

/**
 * Gives every socket a listener for errors that it keeps for life. Node takes its own off the socket of a CONNECT, and
 * a reset that nobody listens for ends the process. The error itself needs no answer: the socket is closed.
 */
export function surviveResets(server: Server): void {
  server.on('connection', (socket: Socket) => socket.on('error', ignore));
}

/** Answers what was no HTTP request at all, in the shape and with the headers of every other answer, and closes. */
export function answerSocketError(
  { logger, jsonEnd }: { logger: Logger; jsonEnd: JsonEnd },
  error: Error & { code?: string },
  socket: Duplex,
): void {
  // An answer that has begun would have this one in its middle; Node tells of it nowhere else.
  // oxlint-disable-next-line no-underscore-dangle -- the name is Node's
  const begun = (socket as { _httpMessage?: ServerResponse | null })._httpMessage?.headersSent ?? false;
  if (error.code === 'ECONNRESET' || !socket.writable || begun) {
    socket.destroy();
    return;
  }
  const [name, message] = namesByCode[error.code ?? ''] ?? [
    'BadRequestError',
    'The request is not valid HTTP',
  ];
  const known = new AppError(name, message);
  const requestId = randomUUID();
  logger.info({ request_id: requestId }, `${statusLine(known)}: no request that could be read`);
  socket.end(rawAnswer(known, requestId, jsonEnd), () => socket.destroy());
}

function ignore(): void {}

function rawAnswer(error: AppError, requestId: string, jsonEnd: JsonEnd): string {
  const body = JSON.stringify(errorAnswer(error, requestId, '')) + jsonEnd;
  const headers = {
    ...apiHeaders,
    'x-request-id': requestId,
    'cache-control': 'no-store',
    'content-type': jsonType,
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([header, value]) => `${header}: ${value}`);
  return `HTTP/1.1 ${statusLine(error)}\r\n${lines.join('\r\n')}\r\n\r\n${body}`;
}

function statusLine({ status }: AppError): string {
  return `${status} ${STATUS_CODES[status]}`;
}
