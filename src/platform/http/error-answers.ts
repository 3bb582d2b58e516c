import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { isDatabaseUnavailable } from '../database/database-errors.ts';
import { AppError, type ErrorName, errorStatuses, unavailable } from '../errors.ts';
import { HashAbandonedError, HashQueueFullError } from '../hashing/password-hasher.ts';
import type { Logger } from '../logging/logger.ts';
import { type JsonEnd, jsonType } from './json-answers.ts';
import { pathOf } from './path-of.ts';
import type { RequestLines } from './request-lines.ts';
import type { TimeLimitError } from './time-limit.ts';

export type ErrorAnswer = {
  error: string;
  message: string;
  status_code: number;
  request_id: string;
  timestamp: string;
  path: string;
  details?: AppError['details'];
};

/** Sends any error as `ErrorAnswer`. Only an `AppError` keeps its text; the log has the rest. */
export function answerError(
  { logger, lines, jsonEnd }: { logger: Logger; lines: RequestLines; jsonEnd: JsonEnd },
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  if (error instanceof HashAbandonedError) return endAbandoned(logger, request, reply);
  const known = toAppError(error);
  lines.failed(request, known, error);
  if (known.status === 401) reply.header('www-authenticate', 'Bearer');
  return reply
    .code(known.status)
    .headers(known.headers)
    .type(jsonType)
    .serializer((answer: ErrorAnswer) => JSON.stringify(answer) + jsonEnd)
    .send(errorAnswer(known, request.id, pathOf(request.url)));
}

/** The client has disconnected: the hooks end what it began. 499 is nginx's status for that. */
function endAbandoned(logger: Logger, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  logger.info({ request_id: request.id }, `499 Client Closed Request: ${pathOf(request.url)}`);
  return reply.code(499).send();
}

/** Of an answer that will not be sent. */
const otherHeaders = ['content-disposition', 'content-encoding', 'etag', 'location', 'set-cookie'];

/** Past all hooks, and past whatever the handler may still send. */
export function answerOverTime(
  { lines, jsonEnd }: { lines: RequestLines; jsonEnd: JsonEnd },
  error: TimeLimitError,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const known = isBodyLate(request) ? lateRequest(error) : unavailable(error);
  lines.failed(request, known, error);
  const body = JSON.stringify(errorAnswer(known, request.id, pathOf(request.url))) + jsonEnd;
  for (const name of otherHeaders) reply.removeHeader(name);
  reply.headers({
    ...known.headers,
    'content-type': jsonType,
    'content-length': Buffer.byteLength(body),
  });
  reply.hijack();
  reply.raw.writeHead(known.status, reply.getHeaders() as OutgoingHttpHeaders).end(body);
}

/** It is being read, and was not all sent: the client is slow, not the service. */
function isBodyLate({ raw }: FastifyRequest): boolean {
  return raw.readableFlowing === true && !raw.complete;
}

function lateRequest(cause: unknown): AppError {
  const headers = { connection: 'close' };
  return new AppError('RequestTimeoutError', 'The request did not arrive in time', {
    headers,
    cause,
  });
}

export function errorAnswer(error: AppError, requestId: string, path: string): ErrorAnswer {
  return {
    error: error.name,
    message: error.message,
    status_code: error.status,
    request_id: requestId,
    timestamp: new Date().toISOString(),
    path,
    ...(error.details ? { details: error.details } : {}),
  };
}

function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (isDatabaseUnavailable(error)) return unavailable(error);
  if (error instanceof HashQueueFullError) return unavailable(error, error.retryAfterSeconds);
  return (
    fromFramework(error) ??
    new AppError('InternalServerError', 'An unexpected error occurred', { cause: error })
  );
}

const frameworkErrors: Record<string, [ErrorName, string]> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['PayloadTooLargeError', 'The request body is too large'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    'UnsupportedMediaTypeError',
    'Send the request body as application/json',
  ],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [
    'BadRequestError',
    'The request body does not match its Content-Length',
  ],
  FST_ERR_BAD_URL: ['BadRequestError', 'The path is not valid'],
  FST_ERR_MAX_PARAM_LENGTH: ['NotFoundError', 'The path has a segment that is too long'],
};

function fromFramework(error: unknown): AppError | null {
  const { code, statusCode } = (error ?? {}) as Partial<FastifyError>;
  const [name, message] = frameworkErrors[code ?? ''] ?? [];
  if (name && message) return new AppError(name, message, { cause: error });
  if (statusCode === undefined || statusCode < 400 || statusCode >= 500) return null;
  const byStatus = Object.entries(errorStatuses).find(([, status]) => status === statusCode)?.[0] as
    | ErrorName
    | undefined;
  return new AppError(byStatus ?? 'BadRequestError', 'The request cannot be served', {
    cause: error,
  });
}
