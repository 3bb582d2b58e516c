import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AccessTokenClaims } from '../domain/access-tokens/access-token.ts';
import type { Dependencies } from '../domain/dependencies.ts';
import { adminRealm, partyOf, type Realm } from '../domain/realms/realms.ts';
import { type Caller, findCaller } from '../domain/sessions/session-store.ts';
import { forbidden, unauthenticated } from '../platform/errors.ts';
import type { RouteDependencies } from './route-dependencies.ts';

declare module 'fastify' {
  interface FastifyRequest {
    accessTokenClaims: AccessTokenClaims | null;
    caller: Caller | null;
  }
  interface FastifyContextConfig {
    /** Who may pass; every route says it. */
    guard?: 'anyone' | 'user' | 'admin' | 'superadmin';
    /** What a route for everybody takes as proof where it is sent. */
    accepts?: 'superadmin' | 'userCookie' | 'adminCookie';
  }
}

type Deps = Pick<Dependencies, 'db' | 'accessTokens'>;
type GuardDeps = Deps & Pick<RouteDependencies, 'limits'>;

/** A route for everybody. */
export const anyone = { config: { guard: 'anyone' } } as const;

/** The same, free of the limits: a probe, or a file of a page. */
export const anyoneUncounted = { config: { guard: 'anyone', limit: 'none' } } as const;

/** And what pages of other origins may not read, whatever `CORS_ORIGINS` says. */
export const unsharedConfig = { ...anyoneUncounted.config, cors: { origin: [] as string[] } } as const;

/**
 * A route for the signed-in accounts of a realm: 401 without a good token, 403 with one of the other realm. The
 * signature is checked before the body is read, the session after the body was found valid.
 */
export function requireAccount(deps: GuardDeps, realm: Realm) {
  return {
    config: { guard: realm.kind },
    onRequest: async (request: FastifyRequest) => {
      const claims = await requireGenuineToken(deps, realm, request);
      await deps.limits.countSession(request, claims.sessionId, partyOf(claims, claims.subjectId));
    },
    preHandler: async (request: FastifyRequest, reply: FastifyReply) => {
      // Not before the body is there: somebody slow would hold the turns of an owner who acts against a thief.
      const { accessTokenClaims: claims } = request;
      if (claims !== null) await deps.limits.beginTurn(request, reply, claims);
      request.caller = await loadCaller(deps, realm, claims);
      await deps.limits.countAccount(request, partyOf(realm, request.caller.account.id));
    },
  };
}

/** The same for what an owner does against a thief, who must not be able to use up its limit. */
export function requireAccountInDefence(deps: GuardDeps, realm: Realm) {
  return { ...requireAccount(deps, realm), config: { guard: realm.kind, limit: 'defence' } } as const;
}

/** A route for superadmins; the right is read with the caller, so that a demotion takes effect at once. */
export function requireSuperadmin(deps: GuardDeps) {
  const { onRequest, preHandler } = requireAccount(deps, adminRealm);
  return {
    config: { guard: 'superadmin' as const },
    onRequest,
    preHandler: async (request: FastifyRequest, reply: FastifyReply) => {
      await preHandler(request, reply);
      if (!callerOf(request).account.is_superadmin) throw forbidden('Only a superadmin may do this');
    },
  };
}

/** The caller of a guarded route. */
export function callerOf(request: FastifyRequest): Caller {
  if (request.caller === null) throw unauthenticated();
  return request.caller;
}

/** The caller of a route that is open to more than the signed-in: null without a token, an error with a bad one. */
export async function findCallerOf(
  deps: Deps,
  realm: Realm,
  request: FastifyRequest,
): Promise<Caller | null> {
  if (request.headers.authorization === undefined) return null;
  return loadCaller(deps, realm, await requireGenuineToken(deps, realm, request));
}

async function requireGenuineToken(
  deps: Deps,
  realm: Realm,
  request: FastifyRequest,
): Promise<AccessTokenClaims> {
  const token = bearerTokenOf(request);
  const claims = token === null ? null : await deps.accessTokens.verify(token);
  if (claims === null) throw unauthenticated(token === null ? undefined : 'The access token is not valid');
  request.accessTokenClaims = claims;
  if (claims.kind !== realm.kind) throw forbidden();
  return claims;
}

async function loadCaller(deps: Deps, realm: Realm, claims: AccessTokenClaims | null): Promise<Caller> {
  const caller = claims && (await findCaller(deps.db, realm, claims.sessionId, claims.subjectId));
  if (caller === null) throw unauthenticated('The access token is not valid');
  return caller;
}

/** RFC 6750 § 2.1, the header alone. Two Authorization headers are no token: which of them counts is a guess. */
function bearerTokenOf(request: FastifyRequest): string | null {
  const { rawHeaders } = request.raw;
  const count = rawHeaders.filter(
    (name, index) => index % 2 === 0 && name.toLowerCase() === 'authorization',
  ).length;
  const match = count === 1 ? /^Bearer +([\w.~+/-]+=*)$/i.exec(request.headers.authorization ?? '') : null;
  return match?.[1] ?? null;
}
