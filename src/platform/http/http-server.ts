import type { IncomingMessage } from 'node:http';
import cors from '@fastify/cors';
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import { serializerCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { unavailable } from '../errors.ts';
import type { Logger } from '../logging/logger.ts';
import { runInRequest } from '../logging/request-context.ts';
import { limitHeaderNames } from '../rate-limit/limit-headers.ts';
import { collectAllowedMethods } from './allowed-methods.ts';
import type { CidrList } from './cidr.ts';
import { clientAddress, namedAddress } from './client-address.ts';
import { limitConnections } from './connection-limit.ts';
import { answerError, answerOverTime } from './error-answers.ts';
import { finishJsonAnswers, jsonEndOf } from './json-answers.ts';
import { acceptJsonBodiesOnly } from './json-body.ts';
import { refuseMalformedRequests } from './malformed-requests.ts';
import { pathOf } from './path-of.ts';
import { parseQuery, refuseIllFormedQueries } from './query-string.ts';
import type { Readiness } from './readiness.ts';
import { requestIdOf } from './request-id.ts';
import { createRequestLines, type RequestLines } from './request-lines.ts';
import { validateRequest } from './request-validation.ts';
import { apiHeaders } from './security-headers.ts';
import { serveInTurn } from './serve-in-turn.ts';
import { answerSocketError, surviveResets } from './socket-errors.ts';
import { addTimeLimit } from './time-limit.ts';
import { endTrace, traceRequest } from './trace-request.ts';
import { answerOptions, refuseUnknownRoutes } from './unknown-routes.ts';
import { warnOfUntrustedProxies } from './untrusted-proxy.ts';

declare module 'fastify' {
  interface FastifyRequest {
    clientAddress: string;
    /** The name of a service that calls for itself, and not for a client whose address it names. */
    callingService: string | null;
  }
}

export type HttpServer = ReturnType<typeof createHttpServer>;

type HttpConfig = {
  environment: string;
  trustedProxies: CidrList;
  /** Clients whose traces are continued. */
  traceparentAllow: CidrList;
  rateLimitIpv6Prefix: number;
  corsOrigins: readonly string[];
};
/** Rate limiting. `countAtStart` may throw; `countFailed` may replace the error. */
type Limits = {
  countAtStart(request: FastifyRequest, reply: FastifyReply): Promise<void>;
  countFailed(request: FastifyRequest, reply: FastifyReply, error: unknown): Promise<unknown>;
  endTurn(request: FastifyRequest): void;
};
type Dependencies = {
  config: HttpConfig;
  logger: Logger;
  readiness: Readiness;
  limits: Limits;
  /** The name of a client that may say for whom it calls; null, or left out: nobody may. */
  forwarderOf?: (request: IncomingMessage) => string | null;
};

/** The server without routes: limits, request ids, headers, logs, bodies and error responses. */
export function createHttpServer({ config, logger, readiness, limits, ...rest }: Dependencies) {
  const lines = createRequestLines(logger, config);
  const answering = { logger, lines, jsonEnd: jsonEndOf(config) };
  const answerFailed = async (error: unknown, request: FastifyRequest, reply: FastifyReply) =>
    answerError(answering, await limits.countFailed(request, reply, error), request, reply);
  const app = fastify({
    // Fastify logs warnings only; the hooks below log the requests.
    loggerInstance: logger.child({}, { level: 'warn' }) as FastifyBaseLogger,
    ...httpLimits,
    // Without these Fastify loads Ajv, and a serializer, which nothing here uses.
    schemaController: {
      compilersFactory: {
        buildValidator: () => validateRequest as never,
        buildSerializer: () => serializerCompiler as never,
      },
    },
    genReqId: (request) => requestIdOf(request, config.trustedProxies),
    frameworkErrors: (error, request, reply) => {
      // These errors occur before any hook has run.
      reply.headers({ ...apiHeaders, 'x-request-id': request.id, 'cache-control': 'no-store' });
      request.clientAddress = clientAddress(request.raw, config.trustedProxies);
      request.callingService = null;
      runInRequest(request, () => void answerFailed(error, request, reply));
    },
    clientErrorHandler: (error, socket) => answerSocketError(answering, error, socket),
    // The context adds the request id; outside of it, code passes the id explicitly.
    childLoggerFactory: (parent) => parent,
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validateRequest);
  app.setSerializerCompiler(serializerCompiler);
  acceptJsonBodiesOnly(app);
  refuseIllFormedQueries(app);
  finishJsonAnswers(app, answering.jsonEnd);
  addRequestHooks(app, lines, { config, logger, readiness, ...rest });
  addTimeLimit(app, answerMilliseconds, (error, request, reply) => {
    limits.endTurn(request);
    closeIfDraining(readiness, reply);
    answerOverTime(answering, error, request, reply);
  });
  surviveResets(app.server);
  serveInTurn(app);
  limitConnections(app, { config, logger });
  refuseMalformedRequests(app);
  const allowedMethods = collectAllowedMethods(app);
  answerOptions(app, allowedMethods);
  allowOrigins(app, config);
  // After CORS preflights, which are never refused, and before all other work.
  app.after(() =>
    app.addHook('onRequest', (request, reply) => limits.countAtStart(request, reply)),
  );
  // onSend runs even if the client reads slowly or has disconnected: the work is done.
  app.addHook('onSend', (request, _reply, _payload, next) => {
    limits.endTurn(request);
    next();
  });
  refuseUnknownRoutes(app, allowedMethods);
  app.setErrorHandler(answerFailed);
  app.server.on('connect', (_request, socket) =>
    answerSocketError(answering, new Error('CONNECT'), socket),
  );
  return app;
}

export const answerMilliseconds = 10_000;

// Most of Fastify's limits are off by default.
const httpLimits = {
  bodyLimit: 64 * 1024,
  requestTimeout: 15_000,
  keepAliveTimeout: 72_000,
  // Idle in both directions. A client that does not read its response is disconnected after one or
  // two of these periods. It must be longer than `answerMilliseconds`.
  connectionTimeout: 15_000,
  requestIdHeader: false as const,
  return503OnClosing: false,
  forceCloseConnections: 'idle' as const,
  routerOptions: { maxParamLength: 200, ignoreTrailingSlash: true, querystringParser: parseQuery },
  http: {
    maxHeaderSize: 16 * 1024,
    headersTimeout: 10_000,
    connectionsCheckingInterval: 2000,
    // Node answers a missing Host without headers or body; refuseMalformedRequests sends both.
    requireHostHeader: false,
  },
};

function addRequestHooks(
  app: FastifyInstance,
  lines: RequestLines,
  { config, logger, readiness, forwarderOf }: Omit<Dependencies, 'limits'>,
): void {
  app.decorateRequest('clientAddress', '');
  app.decorateRequest('callingService', null);
  app.decorateRequest('traceSpan', null);
  const warnOfUntrusted = warnOfUntrustedProxies(config.trustedProxies, logger);
  app.addHook('onRequest', (request, reply, next) => {
    const forwarder = forwarderOf?.(request.raw) ?? null;
    const named = forwarder === null ? null : namedAddress(request.raw, config.trustedProxies);
    request.clientAddress = named ?? clientAddress(request.raw, config.trustedProxies);
    request.callingService = named === null ? forwarder : null;
    reply.headers({ ...apiHeaders, 'x-request-id': request.id, 'cache-control': 'no-store' });
    traceRequest(request, config.traceparentAllow, () =>
      runInRequest(request, () => {
        lines.begun(request);
        if (named === null) warnOfUntrusted(request.raw);
        next();
      }),
    );
  });
  app.addHook('onRequest', (request, _reply, next) => {
    const isEarly = readiness.phase === 'starting' && !pathOf(request.url).startsWith('/health');
    next(isEarly ? unavailable() : undefined);
  });
  app.addHook('onSend', (_request, reply, _payload, next) => {
    closeIfDraining(readiness, reply);
    next();
  });
  app.addHook('onResponse', (request, reply, next) => {
    lines.completed(request, reply);
    endTrace(request, reply);
    next();
  });
}

function closeIfDraining({ phase }: Readiness, reply: FastifyReply): void {
  if (phase === 'draining') reply.header('connection', 'close');
}

function allowOrigins(app: FastifyInstance, config: HttpConfig): void {
  // The plugin allows credentials for every origin. This runs first: the plugin answers preflights.
  app.addHook('onRequest', ({ headers }, reply, next) => {
    if (config.corsOrigins.includes(headers.origin ?? ''))
      reply.header('access-control-allow-credentials', 'true');
    next();
  });
  app.register(cors, {
    origin: [...config.corsOrigins],
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    // X-Session-Mode is missing, because the session cookie is for same-origin pages only.
    allowedHeaders: [
      'Authorization',
      'Cache-Control',
      'Content-Type',
      'Idempotency-Key',
      'If-Match',
      'X-Puzzle-Solution',
      'X-Request-ID',
      'X-Requested-With',
      'X-Setup-Token',
    ],
    exposedHeaders: [
      'ETag',
      'Idempotency-Replayed',
      'X-Request-ID',
      'Retry-After',
      ...limitHeaderNames,
    ],
    maxAge: 7200,
    strictPreflight: false,
  });
}
