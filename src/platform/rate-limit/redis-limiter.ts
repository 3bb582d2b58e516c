import type { Redis } from 'ioredis';
import type { Logger } from '../logging/logger.ts';
import { createReminder } from '../logging/reminder.ts';
import { createMemoryLimiter } from './memory-limiter.ts';
import { type LimitPolicy, type LimitState, limitState, type RateLimiter } from './rate-limit.ts';

/**
 * One step for all processes. After the first refusal nothing is written any more. A key without an end, which a failed
 * step could leave, is given one; so is one whose end is too far away, since the server's clock was set back.
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

type WithScript = Redis & { takeLimit(key: string, limit: number, milliseconds: number): Promise<unknown> };

const answerMilliseconds = 250;
const probeMilliseconds = 1000;

/**
 * Counts in Redis, together with all other processes. While it is away, slow, full or read-only this process counts
 * for itself: neither is everybody let through, nor nobody. A request waits for it 250 ms at most, and that only
 * until the first of them has found out.
 */
export async function createRedisLimiter(url: string, logger: Logger): Promise<RateLimiter> {
  const redis = await connect(url);
  const insurance = createMemoryLimiter();
  let degraded = false;
  const reminder = createReminder();

  const noteFailure = (error: unknown): void => {
    degraded = true;
    if (reminder.isDue())
      logger.warn({ err: error }, 'redis: does not answer; each process counts its own limits meanwhile');
  };
  const probe = async (): Promise<void> => {
    if (!degraded) return;
    try {
      await takeIn(redis, { name: 'probe', limit: 1_000_000, windowSeconds: 60 }, 'probe');
      degraded = false;
      reminder.reset();
      logger.info('redis: answers again; the limits are shared');
    } catch (error) {
      noteFailure(error);
    }
  };
  const timer = setInterval(() => void probe(), probeMilliseconds).unref();

  return {
    get degraded() {
      return degraded;
    },
    take: async (policy, key) => {
      if (degraded) return insurance.take(policy, key);
      try {
        return await takeIn(redis, policy, key);
      } catch (error) {
        noteFailure(error);
        return insurance.take(policy, key);
      }
    },
    close: async () => {
      clearInterval(timer);
      redis.disconnect();
    },
  };
}

async function connect(url: string): Promise<WithScript> {
  const { Redis: Client } = await import('ioredis');
  const redis = new Client(url, {
    // What can not be asked now is counted here, not later.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 1000,
    commandTimeout: answerMilliseconds,
    retryStrategy: (attempt: number) => Math.min(attempt * 100, probeMilliseconds),
  });
  // Every failure is that of a command too, where it is handled.
  redis.on('error', () => {});
  redis.defineCommand('takeLimit', { numberOfKeys: 1, lua: takeScript });
  await firstAnswer(redis);
  return redis as WithScript;
}

/** A moment for the first connection, so that the first requests are counted with all others. */
async function firstAnswer(redis: Redis): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, answerMilliseconds * 2);
  redis.once('ready', () => resolve());
  await promise;
  clearTimeout(timer);
}

async function takeIn(redis: WithScript, policy: LimitPolicy, key: string): Promise<LimitState> {
  const { name, limit, windowSeconds } = policy;
  const answer = await redis.takeLimit(`adl:limit:${name}:${key}`, limit, windowSeconds * 1000);
  const [count = Number.NaN, left = Number.NaN] = (Array.isArray(answer) ? answer : []).map(Number);
  if (!Number.isSafeInteger(count) || !Number.isSafeInteger(left)) {
    throw new Error('Redis answered what is no count');
  }
  return limitState(limit, count, left);
}
