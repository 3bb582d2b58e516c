import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AccessTokenClaims } from '../domain/access-tokens/access-token.ts';
import type { Dependencies } from '../domain/dependencies.ts';
import { adminRealm, partyOf, type Realm } from '../domain/realms/realms.ts';
import { findCaller } from '../domain/sessions/find-caller.ts';
import type { Caller } from '../domain/sessions/session-store.ts';
import { forbidden, unauthenticated } from '../platform/errors.ts';
import { answerOnce } from './answer-once.ts';
import { bearerTokenOf } from './bearer-token.ts';
import { type Demands, demandsOf, type ProofDeps, requireSetUp } from './proof-guards.ts';
import type { RouteDependencies } from './route-dependencies.ts';

declare module 'fastify' {
  interface FastifyRequest {
    accessTokenClaims: AccessTokenClaims | null;
    caller: Caller | null;
  }
  interface FastifyContextConfig {
    /** Who may call the route; required for every route. */
    guard?: 'anyone' | 'user' | 'admin' | 'superadmin' | 'service';
    /** Optional credentials of a route that is open to anyone. */
    accepts?: 'superadmin' | 'userCookie' | 'adminCookie';
  }
}

type Deps = Pick<Dependencies, 'accessTokens'> & ProofDeps;
type GuardDeps = Deps & Pick<RouteDependencies, 'keys' | 'logger' | 'limits'>;

/** A route without authentication. */
export const anyone = { config: { guard: 'anyone' } } as const;

/** The same, exempt from rate limits: for probes and static files. */
export const anyoneUncounted = { config: { guard: 'anyone', limit: 'none' } } as const;

/** Not readable by pages of other origins, whatever `CORS_ORIGINS` says. */
export const unsharedConfig = {
  ...anyoneUncounted.config,
  cors: { origin: [] as string[] },
} as const;

/**
 * A route for signed-in accounts of a realm: 401 without a valid token, 403 with a token of the
 * other realm. The signature is checked before the body is read, the session after the body has
 * been validated. A change with an `Idempotency-Key` is made once.
 */
export function requireAccount(deps: GuardDeps, realm: Realm, demands: Demands = {}) {
  return { config: { guard: realm.kind }, ...guardHooks(deps, realm, demands, []) };
}

type PreHandler = (request: FastifyRequest) => Promise<void>;

/** `rights` are checked before a remembered answer is given again. */
function guardHooks(deps: GuardDeps, realm: Realm, demands: Demands, rights: PreHandler[]) {
  const checkDemands = demandsOf(deps, realm, demands, callerOf);
  const once = answerOnce(deps, (request) => {
    const { account } = callerOf(request);
    return { account: partyOf(realm, account.id), isSuperadmin: account.is_superadmin ?? false };
  });
  const admit = async (request: FastifyRequest) => {
    const claims = await requireGenuineToken(deps, realm, request);
    await deps.limits.countSession(request, claims.sessionId, partyOf(claims, claims.subjectId));
  };
  const load = async (request: FastifyRequest, reply: FastifyReply) => {
    // Begins after the body has arrived. Otherwise a thief could block the owner's turns by
    // sending bodies slowly.
    const { accessTokenClaims: claims } = request;
    if (claims !== null) await deps.limits.beginTurn(request, reply, claims);
    request.caller = await loadCaller(deps, realm, claims);
    await deps.limits.countAccount(request, partyOf(realm, request.caller.account.id));
  };
  return {
    onRequest: [admit, once.requireSoundKey],
    preHandler: [load, ...rights, checkDemands, once.begin, once.join],
    onSend: once.end,
    onResponse: once.settle,
  };
}

/** The same for what an owner does against a thief, with a limit that the thief cannot use up. */
export function requireAccountInDefence(deps: GuardDeps, realm: Realm, demands: Demands = {}) {
  return {
    ...requireAccount(deps, realm, demands),
    config: { guard: realm.kind, limit: 'defence' },
  } as const;
}

/** A route for superadmins. Reads the right on each request: a demotion takes effect at once. */
export function requireSuperadmin(deps: GuardDeps, demands: Demands = {}) {
  const requireRight = async (request: FastifyRequest) => {
    if (!callerOf(request).account.is_superadmin) throw forbidden('Only a superadmin may do this');
  };
  return {
    config: { guard: 'superadmin' as const },
    ...guardHooks(deps, adminRealm, demands, [requireRight]),
  };
}

/** The caller of a guarded route; throws 401 in any other route. */
export function callerOf(request: FastifyRequest): Caller {
  if (request.caller === null) throw unauthenticated();
  return request.caller;
}

/** The caller of a route with optional authentication; null without a token. A bad one throws. */
export async function findCallerOf(
  deps: Deps,
  realm: Realm,
  request: FastifyRequest,
): Promise<Caller | null> {
  if (request.headers.authorization === undefined) return null;
  const caller = await loadCaller(deps, realm, await requireGenuineToken(deps, realm, request));
  await requireSetUp(deps, realm, caller);
  return caller;
}

async function requireGenuineToken(
  deps: Deps,
  realm: Realm,
  request: FastifyRequest,
): Promise<AccessTokenClaims> {
  const token = bearerTokenOf(request);
  const claims = token === null ? null : await deps.accessTokens.verify(token);
  if (claims === null)
    throw unauthenticated(token === null ? undefined : 'The access token is not valid');
  request.accessTokenClaims = claims;
  if (claims.kind !== realm.kind) throw forbidden();
  return claims;
}

async function loadCaller(
  deps: Deps,
  realm: Realm,
  claims: AccessTokenClaims | null,
): Promise<Caller> {
  const caller = claims && (await findCaller(deps.db, realm, claims));
  if (caller === null) throw unauthenticated('The access token is not valid');
  return caller;
}
