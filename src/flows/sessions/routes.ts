import { z } from 'zod';
import {
  answerTokens,
  forgetCookie,
  forgettingDeadCookie,
  pageOf,
  refuseMissingCookie,
  refuseOtherOrigins,
  sessionModeHeader,
  takeTokenFromCookie,
} from '../../access/cookie-mode.ts';
import { anyone, callerOf, requireAccount, requireAccountInDefence } from '../../access/guards.ts';
import type { RouteDependencies } from '../../access/route-dependencies.ts';
import { partyOf, type Realm } from '../../domain/realms/realms.ts';
import { endAllSessions } from '../../domain/revocation/end-all-sessions.ts';
import { endOwnSession, endSession } from '../../domain/sessions/end-session.ts';
import { presentSession, sessionSchema } from '../../domain/sessions/present-session.ts';
import { decodeRefreshToken } from '../../domain/sessions/refresh-token.ts';
import { rotateRefreshToken } from '../../domain/sessions/rotate-refresh-token.ts';
import { listLiveSessions } from '../../domain/sessions/session-store.ts';
import { tokensSchema } from '../../domain/sessions/token-schemas.ts';
import { notFound } from '../../platform/errors.ts';
import type { HttpServer } from '../../platform/http/http-server.ts';
import {
  bodyErrors,
  errors,
  guardErrors,
  idParams,
  noContent,
  text,
} from '../../platform/http/schemas.ts';

const refreshTokenBody = z.object({
  refresh_token: text(4096)
    .min(1)
    .describe('The most recent refresh token')
    .meta({ example: 'r1.the-refresh-token-of-the-last-answer' }),
});

const idempotencyHeader = {
  'idempotency-key': text(64)
    .min(16)
    .optional()
    .describe(
      'The same key gives the same answer for 60 seconds. Use it to retry a refresh whose answer was lost, or to refresh ' +
        'one token in parallel. `sha256(refresh_token)` in hex is a key that need not be stored.',
    ),
};

export function addSessionRoutes(app: HttpServer, deps: RouteDependencies, realm: Realm): void {
  addRefreshTokenRoutes(app, deps, realm);
  addOwnSessionRoutes(app, deps, realm);
}

/** The refresh token itself identifies the caller. */
function addRefreshTokenRoutes(app: HttpServer, deps: RouteDependencies, realm: Realm): void {
  const tags = [realm.tag];
  const config = { ...anyone.config, accepts: `${realm.kind}Cookie` } as const;
  const cookieMode = {
    onRequest: refuseOtherOrigins(deps.config),
    preValidation: takeTokenFromCookie(deps.config, realm),
  };

  app.post(
    `${realm.path}/refresh`,
    {
      config: { ...config, limit: 'refresh' },
      ...cookieMode,
      onRequest: [cookieMode.onRequest, refuseMissingCookie(deps, realm)],
      schema: {
        tags,
        summary: 'Exchange a refresh token for new tokens',
        description:
          'The presented token becomes invalid at once. `details.reason` of a 401 is `invalid_refresh_token`, ' +
          '`refresh_token_rotated` (already used a moment ago; use its successor) or `refresh_token_reused` (the session was ended).',
        headers: sessionModeHeader.extend(idempotencyHeader),
        body: refreshTokenBody,
        response: { 200: tokensSchema, ...errors([401, 403, 503, ...bodyErrors]) },
      },
    },
    async (request, reply) => {
      const token = decodeRefreshToken(request.body.refresh_token, realm.kind, deps.keys);
      await deps.limits.countRefresh(request, reply, token?.sessionId ?? null);
      const idempotencyKey = request.headers['idempotency-key'];
      const exchange = { request, reply, config: deps.config, realm };
      const presented = { token, idempotencyKey, page: pageOf(request, deps.config) };
      const rotated = rotateRefreshToken(deps, realm, presented);
      return answerTokens(exchange, await rotated.catch(forgettingDeadCookie(exchange)));
    },
  );

  app.post(
    `${realm.path}/logout`,
    {
      config,
      ...cookieMode,
      schema: {
        tags,
        summary: 'End a session',
        description: 'Accepts any refresh token of the session, current or older.',
        headers: sessionModeHeader,
        body: refreshTokenBody,
        response: { 204: noContent, ...errors([401, 403, 503, ...bodyErrors]) },
      },
    },
    async (request, reply) => {
      const exchange = { request, reply, config: deps.config, realm };
      await endSession(deps, realm, request.body.refresh_token).catch(
        forgettingDeadCookie(exchange),
      );
      forgetCookie(exchange);
      return reply.code(204).send(null);
    },
  );
}

function addOwnSessionRoutes(app: HttpServer, deps: RouteDependencies, realm: Realm): void {
  const inDefence = requireAccountInDefence(deps, realm);
  const about = { tags: [realm.tag] };

  app.post(
    `${realm.path}/logout-all`,
    {
      ...inDefence,
      schema: {
        ...about,
        summary: 'End all sessions of the caller',
        response: { 204: noContent, ...errors(guardErrors) },
      },
    },
    async (request, reply) => {
      const { id } = callerOf(request).account;
      const actor = partyOf(realm, id);
      await endAllSessions(deps, realm, id, {
        change: 'logout_all',
        event: 'sign_out_everywhere',
        actor,
      });
      return reply.code(204).send(null);
    },
  );

  app.get(
    `${realm.path}/me/sessions`,
    {
      ...requireAccount(deps, realm),
      schema: {
        ...about,
        summary: 'List the active sessions of the caller',
        response: {
          200: z.object({ items: z.array(sessionSchema).max(100) }),
          ...errors(guardErrors),
        },
      },
    },
    async (request) => {
      const { account, sessionId } = callerOf(request);
      const sessions = await listLiveSessions(deps.db, realm, account.id);
      return { items: sessions.map((session) => presentSession(session, sessionId)) };
    },
  );

  app.delete(
    `${realm.path}/me/sessions/:id`,
    {
      ...inDefence,
      schema: {
        ...about,
        summary: 'End one session of the caller',
        params: idParams,
        response: { 204: noContent, ...errors([404, 422, ...guardErrors]) },
      },
    },
    async (request, reply) => {
      const session = { id: request.params.id, subjectId: callerOf(request).account.id };
      if (!(await endOwnSession(deps, realm, session))) throw notFound('Session not found');
      return reply.code(204).send(null);
    },
  );
}
