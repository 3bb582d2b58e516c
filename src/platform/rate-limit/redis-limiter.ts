import type { Redis } from 'ioredis';
import type { Logger } from '../logging/logger.ts';
import { createOutageLog } from '../logging/outage-log.ts';
import { createMemoryLimiter } from './memory-limiter.ts';
import { type LimitPolicy, type LimitState, limitState, type RateLimiter } from './rate-limit.ts';
import { type Sentinels, viaSentinels } from './sentinels.ts';

/**
 * Atomic for all processes. After the first refusal it writes nothing. It repairs a key without a
 * TTL, which a failed script can leave, and a TTL that is too long because the server's clock was
 * set back.
 */
const takeScript = `
local count = tonumber(redis.call('GET', KEYS[1]) or '0') + 1
if count <= tonumber(ARGV[1]) + 1 then redis.call('INCR', KEYS[1]) end
local left = redis.call('PTTL', KEYS[1])
if left < 0 or left > tonumber(ARGV[2]) then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  left = tonumber(ARGV[2])
end
return {count, left}
`;

type WithScript = Redis & {
  takeLimit(key: string, limit: number, milliseconds: number): Promise<unknown>;
};

const answerMilliseconds = 250;
const probeMilliseconds = 1000;

/**
 * Counts in Redis, shared by all processes. While Redis is unreachable, slow, full or read-only,
 * this process counts for itself, so limits neither vanish nor block everybody. A request waits for
 * Redis at most 250 ms, and only until the first failure has been noticed.
 */
export async function createRedisLimiter(
  url: string,
  logger: Logger,
  sentinels?: Sentinels,
): Promise<RateLimiter> {
  const redis = await connect(url, sentinels);
  const insurance = createMemoryLimiter();
  let degraded = false;
  const outage = createOutageLog(logger, {
    dependency: 'redis',
    away: 'redis: does not answer; each process counts limits on its own',
    back: 'redis: answers again; limits are shared',
  });

  const noteFailure = (error: unknown): void => {
    degraded = true;
    outage.failed(error);
  };
  const insured = async <T>(inRedis: () => Promise<T>, here: () => Promise<T>): Promise<T> => {
    if (degraded) return here();
    try {
      return await inRedis();
    } catch (error) {
      noteFailure(error);
      return here();
    }
  };
  const probe = async (): Promise<void> => {
    if (!degraded) return;
    try {
      await takeIn(redis, { name: 'probe', limit: 1_000_000, windowSeconds: 60 }, 'probe');
      degraded = false;
      outage.succeeded();
    } catch (error) {
      noteFailure(error);
    }
  };
  const timer = setInterval(() => void probe(), probeMilliseconds).unref();

  return {
    get degraded() {
      return degraded;
    },
    take: (policy, key) =>
      insured(
        () => takeIn(redis, policy, key),
        () => insurance.take(policy, key),
      ),
    count: (policy, key) =>
      insured(
        () => countIn(redis, policy, key),
        () => insurance.count(policy, key),
      ),
    close: async () => {
      clearInterval(timer);
      redis.disconnect();
    },
  };
}

function followSentinels(url: string, sentinels: Sentinels) {
  return {
    ...viaSentinels(url, sentinels),
    sentinelRetryStrategy: () => probeMilliseconds,
    // A primary that hangs keeps its connections; the Sentinels tell when it was replaced.
    failoverDetector: true,
    sentinelReconnectStrategy: () => probeMilliseconds,
  };
}

async function connect(url: string, sentinels?: Sentinels): Promise<WithScript> {
  const { Redis: Client } = await import('ioredis');
  const redis = new Client(url, {
    ...(sentinels === undefined ? {} : followSentinels(url, sentinels)),
    // A command that cannot be sent now is counted in this process, not queued.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 1000,
    commandTimeout: answerMilliseconds,
    retryStrategy: (attempt: number) => Math.min(attempt * 100, probeMilliseconds),
  });
  // Every failure also fails a command, where it is handled.
  redis.on('error', () => {});
  redis.defineCommand('takeLimit', { numberOfKeys: 1, lua: takeScript });
  await firstAnswer(redis);
  return redis as WithScript;
}

/** Waits briefly for the first connection, so that the first requests are counted in Redis, too. */
async function firstAnswer(redis: Redis): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, answerMilliseconds * 2);
  redis.once('ready', () => resolve());
  await promise;
  clearTimeout(timer);
}

function redisKey({ name }: LimitPolicy, key: string): string {
  return `adl:limit:${name}:${key}`;
}

async function countIn(redis: Redis, policy: LimitPolicy, key: string): Promise<number> {
  const count = Number((await redis.get(redisKey(policy, key))) ?? 0);
  if (!Number.isSafeInteger(count)) throw new Error('Redis did not return a count');
  return count;
}

async function takeIn(redis: WithScript, policy: LimitPolicy, key: string): Promise<LimitState> {
  const { limit, windowSeconds } = policy;
  const answer = await redis.takeLimit(redisKey(policy, key), limit, windowSeconds * 1000);
  const [count = Number.NaN, left = Number.NaN] = (Array.isArray(answer) ? answer : []).map(Number);
  if (!Number.isSafeInteger(count) || !Number.isSafeInteger(left)) {
    throw new Error('Redis did not return a count');
  }
  return limitState(limit, count, left);
}
