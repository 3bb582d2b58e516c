import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { AppError, type ErrorName } from '../../errors.ts';
import { errorAnswer } from './error-answers.ts';
import { apiHeaders } from './security-headers.ts';

const namesByCode: Record<string, [ErrorName, string]> = {
  HPE_HEADER_OVERFLOW: ['RequestHeaderFieldsTooLargeError', 'The request header is too large'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['PayloadTooLargeError', 'The request body is too large'],
  EXPECTATION: ['ExpectationFailedError', 'The expectation can not be met'],
  ERR_HTTP_REQUEST_TIMEOUT: ['RequestTimeoutError', 'The request did not arrive in time'],
};

/** Answers what was no HTTP request at all, in the shape and with the headers of every other answer, and closes. */
export function answerSocketError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [name, message] = namesByCode[error.code ?? ''] ?? [
    'BadRequestError',
    'The request is not valid HTTP',
  ];
  socket.end(rawAnswer(new AppError(name, message)), () => socket.destroy());
}

function rawAnswer(error: AppError): string {
  const requestId = randomUUID();
  const body = JSON.stringify(errorAnswer(error, requestId, ''));
  const headers = {
    ...apiHeaders,
    'x-request-id': requestId,
    'cache-control': 'no-store',
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([header, value]) => `${header}: ${value}`);
  return `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status]}\r\n${lines.join('\r\n')}\r\n\r\n${body}`;
}
