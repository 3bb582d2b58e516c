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
 * Adds a permanent error listener to every socket. Node removes its own from the socket of a
 * CONNECT, and a reset without a listener ends the process. The error needs no handling: the socket
 * is closed.
 */
export function surviveResets(server: Server): void {
  server.on('connection', (socket: Socket) => socket.on('error', ignore));
}

/** Answers an unparsable request with the usual error body and headers, and closes the socket. */
export function answerSocketError(
  { logger, jsonEnd }: { logger: Logger; jsonEnd: JsonEnd },
  error: Error & { code?: string },
  socket: Duplex,
): void {
  // Must not write into a response that has begun; Node has no public API for that.
  const { _httpMessage: answer } = socket as { _httpMessage?: ServerResponse | null };
  const begun = answer?.headersSent ?? false;
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
  logger.info({ request_id: requestId }, `${statusLine(known)}: unreadable request`);
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
