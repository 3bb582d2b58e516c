import type { Config } from '../../../configuration/config.ts';
import { viaSentinels } from '../../../platform/rate-limit/sentinels.ts';
import { type Check, describeProblem, type Found, failed, ok, skipped } from '../finding.ts';

const answerMilliseconds = 2000;
/** What `platform/rate-limit/redis-limiter.ts` uses. */
const rights = '~adl:limit:* +eval +evalsha +get +incr +pttl +pexpire +info';

/** Redis takes the script that counts. Without it each process counts alone, which is no outage. */
export function redisCheck({
  redisUrl,
  redisSentinels: addresses,
  redisSentinelPassword: password,
}: Pick<Config, 'redisUrl' | 'redisSentinels' | 'redisSentinelPassword'>): Check {
  return {
    name: 'redis',
    run: async () => {
      if (redisUrl === undefined)
        return skipped('REDIS_URL is not set: limits are counted in each process');
      const { Redis } = await import('ioredis');
      const redis = new Redis(redisUrl, {
        ...(addresses.length === 0 ? {} : viaSentinels(redisUrl, { addresses, password })),
        sentinelRetryStrategy: () => null,
        lazyConnect: true,
        connectTimeout: answerMilliseconds,
        commandTimeout: answerMilliseconds,
        maxRetriesPerRequest: 0,
        retryStrategy: () => null,
      });
      const problems: unknown[] = [];
      redis.on('error', (error) => void problems.push(error));
      try {
        const began = performance.now();
        await redis.connect();
        await redis.eval("return redis.call('PTTL', KEYS[1])", 1, 'adl:limit:doctor');
        return ok(`answers in ${(performance.now() - began).toFixed(0)} ms`);
      } catch (error) {
        return explain([error, ...problems]);
      } finally {
        redis.disconnect();
      }
    },
  };
}

function explain(errors: unknown[]): Found {
  const text = errors.map((error) => (error instanceof Error ? error.message : '')).join(' ');
  if (/NOPERM/.test(text)) return failed('its user may not count', `ACL SETUSER <user> ${rights}`);
  if (/WRONGPASS|NOAUTH/.test(text))
    return failed('the credentials were refused', 'Correct user and password in REDIS_URL');
  if (/READONLY|OOM|MISCONF/.test(text))
    return failed(
      'it takes no writes',
      'Let REDIS_URL name the primary; look at its memory and its disk',
    );
  const code = errors.map(describeProblem).find((one) => /^E[A-Z]+$/.test(one)) ?? 'no answer';
  return failed(`does not answer (${code})`, 'Start it, or correct REDIS_URL');
}
