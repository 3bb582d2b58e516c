import type { Config } from '../configuration/config.ts';
import { isLoopbackHost } from '../platform/http/client-address.ts';
import type { Logger } from '../platform/logging/logger.ts';

const encryptedModes = ['require', 'verify-ca', 'verify-full'];

/**
 * Passwords and hashes cross the network to a database or Redis on another machine (ASVS V12.3.1).
 */
export function warnOfPlainConnections({ databaseUrl, redisUrl }: Config, logger: Logger): void {
  const database = databaseUrl === undefined ? null : new URL(databaseUrl);
  if (isPlain(database, (url) => encryptedModes.includes(url.searchParams.get('sslmode') ?? ''))) {
    logger.warn(
      'database: the connection is not encrypted. Add sslmode=verify-full to DATABASE_URL',
    );
  }
  const redis = redisUrl === undefined ? null : new URL(redisUrl);
  if (isPlain(redis, ({ protocol }) => protocol === 'rediss:')) {
    logger.warn('redis: the connection is not encrypted. Begin REDIS_URL with rediss://');
  }
}

/** Not loopback and not encrypted. A Unix socket has no host name. */
function isPlain(url: URL | null, isEncrypted: (url: URL) => boolean): boolean {
  if (url === null || url.hostname === '') return false;
  return !isLoopbackHost(url.hostname) && !isEncrypted(url);
}

// NIST SP 800-63B-4, for a password that is the only factor.
const recommendedPasswordLength = 15;

/** In production: the shortest allowed passwords are shorter than recommended. */
export function warnOfShortPasswords(
  { environment, passwordMinLength }: Config,
  logger: Logger,
): void {
  const { user, admin } = passwordMinLength;
  if (environment !== 'production' || Math.min(user, admin) >= recommendedPasswordLength) return;
  logger.warn(
    `passwords: of ${user} characters (admins: ${admin}) are allowed, ${recommendedPasswordLength} are recommended ` +
      'without a second factor. Raise PASSWORD_MIN_LENGTH and ADMIN_PASSWORD_MIN_LENGTH',
  );
}

/** In production https ends at a proxy: without its address all clients behind it count as one. */
export function warnOfProxies({ environment, trustedProxies }: Config, logger: Logger): void {
  if (environment !== 'production') return;
  if (isEverybody(trustedProxies))
    logger.warn(
      'proxies: TRUSTED_PROXIES trusts every address, so that any client can claim any address. Narrow it to the proxy',
    );
  if (trustedProxies.length > 0) return;
  logger.warn(
    'proxies: TRUSTED_PROXIES is not set, so that all requests through a proxy count as one client and share one limit. ' +
      'Set it to the addresses of the proxy that ends https',
  );
}

/** In production: settings meant for load tests, debugging or a trusted network. */
export function warnOfOpenSettings(config: Config, logger: Logger): void {
  if (config.environment !== 'production') return;
  if (config.rateLimitPerHour === 0)
    logger.warn(
      'limits: RATE_LIMIT_PER_HOUR is 0, so that no address is limited. Set it, or leave it out',
    );
  if (config.rateLimitAccountPerHour === 0)
    logger.warn(
      'limits: RATE_LIMIT_ACCOUNT_PER_HOUR is 0, so that no account is limited. Set it, or leave it out',
    );
  if (config.logLevel === 'debug')
    logger.warn('logging: LOG_LEVEL is debug, so that each SQL statement is a line. Leave it out');
  if (isEverybody(config.metricsAllow))
    logger.warn(
      'metrics: METRICS_ALLOW lets everybody read /metrics. Narrow it to who collects them',
    );
}

function isEverybody(ranges: Config['metricsAllow']): boolean {
  return ranges.some(([, bits]) => bits === 0);
}

/** In production: who has an admin's password is an admin (NIST SP 800-63B: AAL2). */
export function warnOfAdminsByPassword(config: Config, logger: Logger): void {
  if (config.environment !== 'production' || config.requireAdminSecondFactor) return;
  logger.warn(
    'admins: REQUIRE_ADMIN_SECOND_FACTOR is off, so that a password alone makes an admin. Set it to true',
  );
}

/** What an operator should know but does not stop the service, one line each. */
export function warnOfWeakSettings(config: Config, logger: Logger): void {
  warnOfAdminsByPassword(config, logger);
  warnOfProxies(config, logger);
  warnOfOpenSettings(config, logger);
  warnOfShortPasswords(config, logger);
  warnOfPlainConnections(config, logger);
}
