import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../../config.ts';
import { rateLimited } from '../../errors.ts';
import type { Database } from '../../platform/database/database.ts';
import { networkOf } from '../../platform/http/client-address.ts';
import type { Logger } from '../../platform/logging/logger.ts';
import { limitHeaders } from '../../platform/rate-limit/limit-headers.ts';
import type { LimitPolicy, RateLimiter } from '../../platform/rate-limit/rate-limit.ts';
import type { Party } from '../accounts/realms.ts';
import { recordExceeded } from '../throttles/require-within-throttle.ts';
import { createAccountTurns } from './account-turns.ts';
import { type AddressLimit, limitPolicies } from './limit-policies.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * `none`: free of the limits. `refresh`: counts by the token in its body. `defence`: counts on the session and not on
     * the account. Else one more limit of the address, beside that of all its requests.
     */
    limit?: 'none' | 'refresh' | 'defence' | AddressLimit;
  }
}

/**
 * How requests are counted: each one once, on the first of these that fits.
 *
 * - On nothing: probes, the metrics and the files of the pages; the refresh of a page that has no cookie.
 * - With a genuine access token, on its session and the ceiling of its address; on its account too, once the session was
 *   found alive.
 * - A refresh with a genuine token: on its session and a ceiling of its own.
 * - Everything else on its address, and on the further limit that its route names.
 *
 * Every member but `exempt` throws 429, or answers it, where the request is one too many.
 */
export type RequestLimits = {
  /** Before the body is read: what no token can move elsewhere counts on its address. */
  countAtStart(request: FastifyRequest, reply: FastifyReply): Promise<void>;
  /**
   * With a genuine token, before the body is read: on its session, so that people who share an address do not use up
   * each other's, and a token of a session that has ended uses up nothing of its account.
   */
  countSession(request: FastifyRequest, sessionId: string, account: Party): Promise<void>;
  /** Once the session was found alive: on the account, all its sessions together. */
  countAccount(request: FastifyRequest, account: Party): Promise<void>;
  /**
   * Waits until few enough requests of the account are at work; to be called before anything is asked of the database.
   * What is done against a thief waits for its own session alone.
   */
  beginTurn(
    request: FastifyRequest,
    reply: FastifyReply,
    caller: { sessionId: string; subjectId: string },
  ): Promise<void>;
  endTurn(request: FastifyRequest): void;
  /** Does the work of a search once few enough others are at work; throws 503 where that takes too long. */
  searchInTurn<T>(request: FastifyRequest, reply: FastifyReply, search: () => Promise<T>): Promise<T>;
  /** A refresh whose token is ours counts on its session, and takes its turn there; null: on the address. */
  countRefresh(request: FastifyRequest, reply: FastifyReply, sessionId: string | null): Promise<void>;
  /** Counts the request on nothing. Only for one that is then refused, without a query and without its body. */
  exempt(request: FastifyRequest): void;
  /** The error to answer: what failed before it was counted counts on its address now, and may be one too many. */
  countFailed(request: FastifyRequest, reply: FastifyReply, error: unknown): Promise<unknown>;
};

const turnMilliseconds = 3000;

/** In a process, whoever asks: each search reads the whole table, and they would slow each other and all else down. */
const searchesAtWork = 2;

/** Two fifths of the connections: two accounts that ask as much as they can leave some to all others. */
function mostAtWork(poolSize: number): number {
  return Math.max(1, Math.floor((2 * poolSize) / 5));
}

type Deps = { config: Config; limiter: RateLimiter; db: Database; logger: Logger };

export function createRequestLimits(deps: Deps): RequestLimits {
  const { config, limiter } = deps;
  const policies = limitPolicies(config);
  const counted = new WeakSet<FastifyRequest>();
  const turns = createAccountTurns(mostAtWork(config.databasePoolSize), turnMilliseconds);
  const searches = createAccountTurns(searchesAtWork, turnMilliseconds);
  const networkOfClient = ({ clientAddress }: FastifyRequest) =>
    networkOf(clientAddress, config.rateLimitIpv6Prefix);

  /** The one place that knows what is counted: the first to ask counts the request, and nobody after. */
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
    if (!allowed) throw rateLimited(resetSeconds);
  };

  const requireOfAddress = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    if (policies.ip === null) return;
    const state = await limiter.take(policies.ip, networkOfClient(request));
    reply.headers(limitHeaders(policies.ip, state));
    if (state.isFirstRefusal) await recordExceeded(deps, policies.ip, null);
    if (!state.allowed) throw rateLimited(state.resetSeconds);
  };

  return {
    countAtStart: async (request, reply) => {
      if (counterOf(request) !== 'address') return;
      await countOnce(request, async () => {
        await requireOfAddress(request, reply);
        const { limit = '' } = request.routeOptions.config;
        await require(policies.ofAddress?.[limit] ?? null, networkOfClient(request));
      });
    },
    countSession: (request, sessionId, account) =>
      countOnce(request, async () => {
        // What is refused here uses up nothing of the neighbours'.
        await require(isDefence(request) ? policies.defence : policies.session, sessionId, account);
        await require(policies.ceiling, networkOfClient(request));
      }),
    countAccount: async (request, account) => {
      if (!isDefence(request)) await require(policies.account, account.id, account);
    },
    beginTurn: (request, reply, { sessionId, subjectId }) =>
      turns.begin(request, reply, isDefence(request) ? sessionId : subjectId),
    endTurn: (request) => turns.end(request),
    searchInTurn: async (request, reply, search) => {
      await searches.begin(request, reply, 'searches');
      return search().finally(() => searches.end(request));
    },
    countRefresh: (request, reply, sessionId) =>
      countOnce(request, async () => {
        if (sessionId === null) return requireOfAddress(request, reply);
        await require(policies.refresh, sessionId);
        await require(policies.refreshCeiling, networkOfClient(request));
        await turns.begin(request, reply, sessionId);
      }),
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

/** Where a request counts as far as its route says. By its token: a good one on its session, any other on the address. */
function counterOf({ is404, routeOptions }: FastifyRequest): 'nothing' | 'address' | 'token' {
  if (is404) return 'address';
  const { config, url = '' } = routeOptions;
  if (config.limit === 'none' || isFileOfDocs(url)) return 'nothing';
  const isGuarded = config.guard !== undefined && config.guard !== 'anyone';
  return isGuarded || config.limit === 'refresh' ? 'token' : 'address';
}

function isFileOfDocs(url: string): boolean {
  return /^\/docs(\/|$)/.test(url) && !documentPaths.includes(url);
}

function isDefence({ routeOptions }: FastifyRequest): boolean {
  return routeOptions.config.limit === 'defence';
}

/** Where Swagger UI's plugin serves the document itself: large, made anew for each request, and no file of a page. */
export const documentPaths: readonly string[] = ['/docs/json', '/docs/yaml'];
