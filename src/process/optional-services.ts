import { once } from 'node:events';
import { createConnection } from 'node:net';
import type { Config } from '../configuration/config.ts';
import type { Logger } from '../platform/logging/logger.ts';

/** Redis and mail may be unreachable: a warning, without a long wait. */
export async function checkOptionalServices(config: Config, logger: Logger): Promise<void> {
  await Promise.all([checkRedis(config, logger), checkMail(config, logger)]);
}

async function checkRedis({ redisUrl, redisSentinels }: Config, logger: Logger): Promise<void> {
  if (redisUrl === undefined) {
    logger.info('redis: ok (not configured; limits are kept in memory)');
    return;
  }
  if (redisSentinels.length > 0) {
    await checkSentinels(redisSentinels, logger);
    return;
  }
  const { hostname, port } = new URL(redisUrl);
  await checkReachable(
    'redis',
    hostname,
    Number(port || 6379),
    'Start it, or correct REDIS_URL',
    logger,
  );
}

async function checkSentinels(sentinels: Config['redisSentinels'], logger: Logger): Promise<void> {
  const reached = await Promise.all(sentinels.map(({ host, port }) => isReachable(host, port)));
  const count = `${reached.filter(Boolean).length} of ${reached.length} Sentinels`;
  if (reached.every(Boolean)) logger.info(`redis: ok (${count} reachable)`);
  else logger.warn(`redis: failed - ${count} reachable. Start them, or correct REDIS_SENTINELS`);
}

async function checkMail({ smtp, environment, publicUrl }: Config, logger: Logger): Promise<void> {
  if (smtp.host !== undefined) {
    const fix = 'Correct SMTP_HOST and SMTP_PORT, or wait for it';
    await checkReachable('smtp', smtp.host, smtp.port, fix, logger);
  } else if (environment === 'production') {
    logger.warn(
      'smtp: failed - not configured, so that no mail is sent. Set SMTP_HOST and SMTP_FROM_EMAIL',
    );
  } else
    logger.info(
      `smtp: ok (not configured; mails are kept, not sent${environment === 'development' ? `: ${publicUrl}/app/mailbox` : ''})`,
    );
}

const reachMilliseconds = 1000;

async function checkReachable(
  name: string,
  host: string,
  port: number,
  fix: string,
  logger: Logger,
): Promise<void> {
  if (await isReachable(host.replace(/^\[|\]$/g, ''), port)) logger.info(`${name}: ok (reachable)`);
  else logger.warn(`${name}: failed - not reachable. ${fix}`);
}

/** Only checks whether something listens there. */
async function isReachable(host: string, port: number): Promise<boolean> {
  const socket = createConnection({ host, port });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(reachMilliseconds) });
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
