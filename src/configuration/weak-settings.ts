import { isLoopbackHost } from '../platform/http/client-address.ts';
import type { Config } from './config.ts';

/** What an operator should know but does not stop the service: what is weak, and what to do. */
export function weakSettings(config: Config): string[] {
  return [
    ...adminsByPassword(config),
    ...openProxies(config),
    ...claimedDomains(config),
    ...openSettings(config),
    ...shortPasswords(config),
    ...plainConnections(config),
  ];
}

/** In production: who has an admin's password is an admin (NIST SP 800-63B: AAL2). */
function adminsByPassword({ environment, requireAdminSecondFactor }: Config): string[] {
  if (environment !== 'production' || requireAdminSecondFactor) return [];
  return [
    'admins: REQUIRE_ADMIN_SECOND_FACTOR is off, so that a password alone makes an admin. Set it to true',
  ];
}

/** In production https ends at a proxy: without its address all clients behind it count as one. */
function openProxies({ environment, trustedProxies }: Config): string[] {
  if (environment !== 'production') return [];
  if (trustedProxies.length === 0)
    return [
      'proxies: TRUSTED_PROXIES is not set, so that all requests through a proxy count as one client and share one limit. ' +
        'Set it to the addresses of the proxy that ends https',
    ];
  if (!isEverybody(trustedProxies)) return [];
  return [
    'proxies: TRUSTED_PROXIES trusts every address, so that any client can claim any address. Narrow it to the proxy',
  ];
}

/** An address that nobody has verified proves no domain; a sign-in by e-mail verifies it. */
function claimedDomains(config: Config): string[] {
  const isVerified = config.requireVerifiedEmail || !config.passwordSignIn;
  if (config.registrationEmailDomains.length === 0 || isVerified) return [];
  return [
    'registration: REGISTRATION_EMAIL_DOMAINS is set and REQUIRE_VERIFIED_EMAIL is off, so that anybody can claim an ' +
      'address of these domains. Set it to true',
  ];
}

/** In production: settings meant for load tests, debugging or a trusted network. */
function openSettings(config: Config): string[] {
  if (config.environment !== 'production') return [];
  const all: [isOpen: boolean, warning: string][] = [
    [
      config.rateLimitPerHour === 0,
      'limits: RATE_LIMIT_PER_HOUR is 0, so that no address is limited. Set it, or leave it out',
    ],
    [
      config.rateLimitAccountPerHour === 0,
      'limits: RATE_LIMIT_ACCOUNT_PER_HOUR is 0, so that no account is limited. Set it, or leave it out',
    ],
    [
      config.logLevel === 'debug',
      'logging: LOG_LEVEL is debug, so that each SQL statement is a line. Leave it out',
    ],
    [
      isEverybody(config.metricsAllow),
      'metrics: METRICS_ALLOW lets everybody read /metrics. Narrow it to who collects them',
    ],
    [
      config.allowsPrivateProviders,
      'providers: OIDC_ALLOW_PRIVATE lets a provider lead the service to addresses inside your network. Leave it out, or trust your providers',
    ],
  ];
  return all.filter(([isOpen]) => isOpen).map(([, warning]) => warning);
}

function isEverybody(ranges: Config['metricsAllow']): boolean {
  return ranges.some(([, bits]) => bits === 0);
}

// NIST SP 800-63B-4, for a password that is the only factor.
const recommendedPasswordLength = 15;

/** In production: the shortest allowed passwords are shorter than recommended. */
function shortPasswords({ environment, passwordMinLength: { user, admin } }: Config): string[] {
  if (environment !== 'production' || Math.min(user, admin) >= recommendedPasswordLength) return [];
  return [
    `passwords: of ${user} characters (admins: ${admin}) are allowed, ${recommendedPasswordLength} are recommended ` +
      'without a second factor. Raise PASSWORD_MIN_LENGTH and ADMIN_PASSWORD_MIN_LENGTH',
  ];
}

const encryptedModes = ['require', 'verify-ca', 'verify-full'];

/**
 * Passwords and hashes cross the network to a database or Redis on another machine (ASVS V12.3.1).
 */
function plainConnections({ databaseUrl, redisUrl }: Config): string[] {
  const database = isPlain(databaseUrl, ({ searchParams }) =>
    encryptedModes.includes(searchParams.get('sslmode') ?? ''),
  );
  const redis = isPlain(redisUrl, ({ protocol }) => protocol === 'rediss:');
  return [
    ...(database
      ? ['database: the connection is not encrypted. Add sslmode=verify-full to DATABASE_URL']
      : []),
    ...(redis ? ['redis: the connection is not encrypted. Begin REDIS_URL with rediss://'] : []),
  ];
}

/** Not loopback and not encrypted. A Unix socket has no host name. */
function isPlain(address: string | undefined, isEncrypted: (url: URL) => boolean): boolean {
  if (address === undefined) return false;
  const url = new URL(address);
  return url.hostname !== '' && !isLoopbackHost(url.hostname) && !isEncrypted(url);
}
