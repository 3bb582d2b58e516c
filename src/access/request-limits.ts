import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../configuration/config.ts';
import type { Party } from '../domain/realms/realms.ts';
import { recordExceeded } from '../domain/throttles/require-within-throttle.ts';
import type { KeyRing } from '../platform/crypto/secret-keys.ts';
import type { Database } from '../platform/database/database.ts';
import { rateLimited } from '../platform/errors.ts';
import { networkOf } from '../platform/http/client-address.ts';
import type { Logger } from '../platform/logging/logger.ts';
import { limitHeaders } from '../platform/rate-limit/limit-headers.ts';
import type { LimitPolicy, RateLimiter } from '../platform/rate-limit/rate-limit.ts';
import { countRefusal } from '../platform/rate-limit/refusal-count.ts';
import { createAccountTurns } from './account-turns.ts';
import { type AddressLimit, limitPolicies } from './limit-policies.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * `none`: exempt. `refresh`: counted by the token in the body. `defence`: counted on the
     * session and not on the account. Otherwise an extra limit of the address.
     */
    limit?: 'none' | 'refresh' | 'defence' | AddressLimit;
  }
}

/**
 * Each request is counted once, by the first rule that matches:
 *
 * - Not counted: probes, metrics, static files, and a refresh in cookie mode without a cookie.
 * - Of a service, with its token and without a client's address: on that service.
 * - With a genuine access token: on its session and the ceiling of its address; also on its
 *   account, once the session was found live.
 * - A refresh with a genuine token: on its session and the ceiling for refreshes.
 * - Everything else: on its address, and on the extra limit that its route names.
 *
 * A request over a limit gets 429.
 */
export type RequestLimits = {
  /** Before the body is read: counts requests whose token does not matter on their address. */
  countAtStart(request: FastifyRequest, reply: FastifyReply): Promise<void>;
  /**
   * Before the body is read, for a genuine token. Counts on the session, so that clients behind one
   * address do not use up each other's limit, and a token of an ended session does not use up the
   * limit of its account.
   */
  countSession(request: FastifyRequest, sessionId: string, account: Party): Promise<void>;
  /** Once the session was found live: counts on the account, for all its sessions together. */
  countAccount(request: FastifyRequest, account: Party): Promise<void>;
  /**
   * Waits until the account has fewer running requests than the limit. Call it before the first
   * query. A `defence` request waits only for those of its own session.
   */
  beginTurn(
    request: FastifyRequest,
    reply: FastifyReply,
    caller: { sessionId: string; subjectId: string },
  ): Promise<void>;
  /** The same for a service. */
  beginServiceTurn(request: FastifyRequest, reply: FastifyReply, name: string): Promise<void>;
  endTurn(request: FastifyRequest): void;
  /** Runs a search once few enough others are running; throws 503 if that takes too long. */
  searchInTurn<T>(
    request: FastifyRequest,
    reply: FastifyReply,
    search: () => Promise<T>,
  ): Promise<T>;
  /** Counts a refresh on its session and waits for its turn; null: counts it on the address. */
  countRefresh(
    request: FastifyRequest,
    reply: FastifyReply,
    sessionId: string | null,
  ): Promise<void>;
  countService(request: FastifyRequest, name: string): Promise<void>;
  /** Exempts a request. Only for one that is refused without a query and without its body. */
  exempt(request: FastifyRequest): void;
  /** Counts a request that failed before it was counted. Returns its error, or 429. */
  countFailed(request: FastifyRequest, reply: FastifyReply, error: unknown): Promise<unknown>;
};

const turnMilliseconds = 3000;

/** Per process, over all callers: a search may read many rows. */
const searchesAtWork = 2;

/** Two fifths of the connections: two busy accounts leave some connections to all others. */
function mostAtWork(poolSize: number): number {
  return Math.max(1, Math.floor((2 * poolSize) / 5));
}

type Deps = { config: Config; limiter: RateLimiter; db: Database; keys: KeyRing; logger: Logger };

export function createRequestLimits(deps: Deps): RequestLimits {
  const { config, limiter } = deps;
  const policies = limitPolicies(config);
  const counted = new WeakSet<FastifyRequest>();
  const turns = createAccountTurns(mostAtWork(config.databasePoolSize), turnMilliseconds);
  const searches = createAccountTurns(searchesAtWork, turnMilliseconds);
  /** A service that calls for itself is a client of its own, wherever it runs. */
  const clientOf = ({ callingService: service, clientAddress }: FastifyRequest) =>
    service === null ? networkOf(clientAddress, config.rateLimitIpv6Prefix) : `service ${service}`;

  const countOnce = async (request: FastifyRequest, count: () => Promise<void>): Promise<void> => {
    if (counted.has(request)) return;
    counted.add(request);
    await count();
  };

  const require = async (
    policy: LimitPolicy | null,
    key: string,
    subject: Party | null = null,
  ): Promise<void> => {
    if (policy === null) return;
    const { allowed, isFirstRefusal, resetSeconds } = await limiter.take(policy, key);
    if (isFirstRefusal) await recordExceeded(deps, policy, subject);
    if (allowed) return;
    countRefusal(policy);
    throw rateLimited(resetSeconds);
  };

  const requireOfAddress = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const { callingService: service } = request;
    if (service !== null) return require(policies.service, service);
    if (policies.ip === null) return;
    const state = await limiter.take(policies.ip, clientOf(request));
    reply.headers(limitHeaders(policies.ip, state));
    if (state.isFirstRefusal) await recordExceeded(deps, policies.ip, null);
    if (state.allowed) return;
    countRefusal(policies.ip);
    throw rateLimited(state.resetSeconds);
  };

  const requireWithinCeiling = (
    policy: LimitPolicy | null,
    request: FastifyRequest,
  ): Promise<void> => {
    const { callingService: service } = request;
    return service === null
      ? require(policy, clientOf(request))
      : require(policies.service, service);
  };

  return {
    countAtStart: async (request, reply) => {
      if (counterOf(request) !== 'address') return;
      await countOnce(request, async () => {
        await requireOfAddress(request, reply);
        const { limit = '' } = request.routeOptions.config;
        await require(policies.ofAddress?.[limit] ?? null, clientOf(request));
      });
    },
    countSession: (request, sessionId, account) =>
      countOnce(request, async () => {
        // The session comes first: a request refused there must not use up the shared ceiling.
        await require(isDefence(request) ? policies.defence : policies.session, sessionId, account);
        await requireWithinCeiling(policies.ceiling, request);
      }),
    countAccount: async (request, account) => {
      if (!isDefence(request)) await require(policies.account, account.id, account);
    },
    beginTurn: (request, reply, { sessionId, subjectId }) =>
      turns.begin(request, reply, isDefence(request) ? sessionId : subjectId),
    beginServiceTurn: (request, reply, name) => turns.begin(request, reply, `service ${name}`),
    endTurn: (request) => turns.end(request),
    searchInTurn: async (request, reply, search) => {
      await searches.begin(request, reply, 'searches');
      return search().finally(() => searches.end(request));
    },
    countRefresh: (request, reply, sessionId) =>
      countOnce(request, async () => {
        if (sessionId === null) return requireOfAddress(request, reply);
        await require(policies.refresh, sessionId);
        await requireWithinCeiling(policies.refreshCeiling, request);
        await turns.begin(request, reply, sessionId);
      }),
    countService: (request, name) => countOnce(request, () => require(policies.service, name)),
    exempt: (request) => void counted.add(request),
    countFailed: async (request, reply, error) => {
      if (counterOf(request) === 'nothing') return error;
      const counting = countOnce(request, () => requireOfAddress(request, reply));
      return counting.then(
        () => error,
        (refusal: unknown) => refusal,
      );
    },
  };
}

/** From the route. `token`: the session if the token is genuine, otherwise the address. */
function counterOf({ is404, routeOptions }: FastifyRequest): 'nothing' | 'address' | 'token' {
  if (is404) return 'address';
  const { config } = routeOptions;
  if (config.limit === 'none') return 'nothing';
  const isGuarded = config.guard !== undefined && config.guard !== 'anyone';
  return isGuarded || config.limit === 'refresh' ? 'token' : 'address';
}

function isDefence({ routeOptions }: FastifyRequest): boolean {
  return routeOptions.config.limit === 'defence';
}
