import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { durations } from '../platform/durations.ts';
import { configSchema, type Settings, secretNames } from './config-schema.ts';
import { crossFaults, type Environment } from './cross-faults.ts';
import { findMisnamed } from './misnamed-variables.ts';
import {
  type ProviderSettings,
  providerSecretNames,
  providerVariableNames,
  readProviders,
} from './read-providers.ts';
import { type ShownVariable, showVariables } from './shown-variables.ts';

export type Config = ReturnType<typeof shape> & {
  /** As they were given, without secrets. */
  variables: readonly ShownVariable[];
  /** Who else signs users in. */
  providers: readonly ProviderSettings[];
};

/** All faults of the configuration. A fault names its variable and never shows its value. */
export class ConfigError extends Error {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(faults.join('\n'));
    this.name = 'ConfigError';
    this.faults = faults;
  }
}

/** The environment, completed from `.env` if there is one; variables already set win. */
export function readEnvironment(): Environment {
  try {
    process.loadEnvFile('.env');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      throw new ConfigError(['.env cannot be read']);
  }
  return process.env;
}

/** The absolute path of the `.env` that `readEnvironment` reads; null if there is none. */
export function environmentFile(): string | null {
  const path = resolve('.env');
  return existsSync(path) ? path : null;
}

/** Unknown variables, each with the one that was probably meant. */
export function misnamedVariables(environment: Environment = process.env) {
  const known = [
    ...configVariables.map(({ name }) => name),
    ...secretNames.map((name) => `${name}_FILE`),
  ];
  const given = withoutEmpty(environment);
  const isOtherName = given.NODE_ENV === 'production' && given.ENVIRONMENT === undefined;
  const nodeEnv = isOtherName ? [{ name: 'NODE_ENV', meant: 'ENVIRONMENT' }] : [];
  return [...findMisnamed(Object.keys(given), known), ...nodeEnv];
}

/**
 * Throws `ConfigError` with all faults. The result is frozen; no other code reads the environment.
 */
export function parseConfig(environment: Environment): Config {
  const faults: string[] = [];
  const given = withSecretFiles(withoutEmpty(environment), faults);
  const parsed = configSchema.safeParse(given);
  if (!parsed.success) faults.push(...parsed.error.issues.map(describeIssue));
  faults.push(...crossFaults(given));
  const providers = readProviders(given, faults);
  if (faults.length > 0 || !parsed.success) throw new ConfigError([...new Set(faults)]);
  const names = [...configVariables.map(({ name }) => name), ...providerVariableNames(given)];
  return deepFreeze({ ...shape(parsed.data), providers, variables: showVariables(names, given) });
}

/** Every variable in the order of the schema, for `.env.example` and the check of the documents. */
export const configVariables: readonly { name: string; default: string; description: string }[] =
  Object.entries(configSchema.shape).map(([name, schema]) => {
    const meta = z.globalRegistry.get(schema);
    return {
      name,
      default: `${(meta?.shownDefault as string | number | undefined) ?? 'none'}`,
      description: meta?.description ?? '',
    };
  });

function withoutEmpty(environment: Environment): Environment {
  return Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
}

/** `NAME_FILE` is the path of a file that holds the secret, as container platforms provide it. */
function withSecretFiles(given: Environment, faults: string[]): Environment {
  const result = { ...given };
  for (const name of [...secretNames, ...providerSecretNames(given)]) {
    const path = given[`${name}_FILE`];
    if (path === undefined) continue;
    if (given[name] !== undefined) faults.push(`${name} and ${name}_FILE are both set: keep one`);
    try {
      const secret = readFileSync(path, 'utf8').trim();
      if (secret === '') faults.push(`${name}_FILE names an empty file`);
      else result[name] = secret;
    } catch {
      faults.push(`${name}_FILE names a file that cannot be read`);
    }
  }
  return result;
}

function describeIssue(issue: z.core.$ZodIssue): string {
  return `${issue.path.join('.')} ${issue.message}`;
}

function shape(settings: Settings) {
  const development = settings.ENVIRONMENT === 'development';
  const publicUrl = settings.PUBLIC_URL ?? `http://localhost:${settings.PORT}`;
  return {
    projectName: settings.PROJECT_NAME,
    environment: settings.ENVIRONMENT,
    host: settings.HOST,
    port: settings.PORT,
    publicUrl,
    startupTimeoutSeconds: settings.STARTUP_TIMEOUT_SECONDS,
    frontendUrl: settings.FRONTEND_URL ?? `${publicUrl}/app`,
    appUrl: settings.APP_URL,
    branding: settings.BRANDING,
    dataDir: settings.DATA_DIR,
    databaseUrl: settings.DATABASE_URL,
    databaseDirectUrl: settings.DATABASE_DIRECT_URL,
    databasePoolSize: settings.DATABASE_POOL_SIZE,
    secretKey: settings.SECRET_KEY,
    secretKeyPrevious: settings.SECRET_KEY_PREVIOUS,
    adminSetupToken: settings.ADMIN_SETUP_TOKEN,
    accessTokenSeconds: durations.minutes(settings.ACCESS_TOKEN_EXPIRE_MINUTES),
    accessTokenAlgorithm: settings.ACCESS_TOKEN_ALGORITHM,
    accessTokenAudience: settings.ACCESS_TOKEN_AUDIENCE,
    signingKeyRotationDays: settings.SIGNING_KEY_ROTATION_DAYS,
    serviceTokensFile: settings.SERVICE_TOKENS_FILE,
    accessTokenMetadata: settings.ACCESS_TOKEN_METADATA,
    userSessions: {
      idleSeconds: durations.days(settings.REFRESH_TOKEN_EXPIRE_DAYS),
      maxSeconds: durations.days(settings.SESSION_MAX_DAYS),
    },
    adminSessions: {
      idleSeconds: durations.hours(settings.ADMIN_REFRESH_TOKEN_EXPIRE_HOURS),
      maxSeconds: durations.hours(settings.ADMIN_SESSION_MAX_HOURS),
    },
    refreshRaceWindowSeconds: settings.REFRESH_RACE_WINDOW_SECONDS,
    refreshGraceSeconds: settings.REFRESH_GRACE_SECONDS,
    cookieRefreshGraceSeconds: settings.COOKIE_REFRESH_GRACE_SECONDS,
    resetTokenSeconds: durations.minutes(settings.RESET_TOKEN_EXPIRE_MINUTES),
    passwordHash: { algorithm: settings.PASSWORD_HASH, bcryptRounds: settings.BCRYPT_ROUNDS },
    hashThreads:
      settings.HASH_THREADS ??
      Math.max(1, Math.floor(availableParallelism() / settings.WEB_CONCURRENCY)),
    hashQueueMaxWaitSeconds: settings.HASH_QUEUE_MAX_WAIT_SECONDS,
    passwordMinLength: {
      user: settings.PASSWORD_MIN_LENGTH,
      admin: settings.ADMIN_PASSWORD_MIN_LENGTH,
    },
    breachedPasswords: {
      file: settings.BREACHED_PASSWORDS_FILE,
      url: settings.BREACHED_PASSWORDS_URL,
    },
    abuseChallenge: settings.ABUSE_CHALLENGE,
    rateLimitPerHour: settings.RATE_LIMIT_PER_HOUR,
    rateLimitAccountPerHour: settings.RATE_LIMIT_ACCOUNT_PER_HOUR,
    rateLimitIpv6Prefix: settings.RATE_LIMIT_IPV6_PREFIX,
    trustedProxies: settings.TRUSTED_PROXIES,
    redisUrl: settings.REDIS_URL,
    redisSentinels: settings.REDIS_SENTINELS,
    redisSentinelPassword: settings.REDIS_SENTINEL_PASSWORD,
    corsOrigins: settings.CORS_ORIGINS ?? (development ? developmentOrigins : []),
    passkeyOrigins: settings.PASSKEY_ORIGINS,
    allowsPrivateProviders: settings.OIDC_ALLOW_PRIVATE,
    returnToAllow: settings.RETURN_TO_ALLOW ?? [],
    smtp: {
      host: settings.SMTP_HOST,
      port: settings.SMTP_PORT,
      user: settings.SMTP_USER,
      password: settings.SMTP_PASSWORD,
      security: settings.SMTP_SECURITY,
      fromEmail: settings.SMTP_FROM_EMAIL,
      fromName: settings.SMTP_FROM_NAME ?? settings.PROJECT_NAME,
    },
    testEmailAllow: settings.TEST_EMAIL_ALLOW,
    logLevel: settings.LOG_LEVEL,
    logFormat: settings.LOG_FORMAT ?? (development ? 'pretty' : 'json'),
    metricsAllow: settings.METRICS_ALLOW,
    traces: {
      isEnabled: settings.OTEL_EXPORTER_OTLP_ENDPOINT !== undefined,
      service: settings.OTEL_SERVICE_NAME,
      share: settings.OTEL_TRACES_SAMPLER_ARG,
    },
    traceparentAllow: settings.TRACEPARENT_ALLOW,
    docsEnabled: settings.DOCS_ENABLED,
    webConcurrency: settings.WEB_CONCURRENCY,
    deletedUserGraceDays: settings.DELETED_USER_GRACE_DAYS,
    auditRetentionDays: settings.AUDIT_RETENTION_DAYS,
    usernames: settings.USERNAMES,
    requireAdminSecondFactor: settings.REQUIRE_ADMIN_SECOND_FACTOR,
    requireVerifiedEmail: settings.REQUIRE_VERIFIED_EMAIL,
    registration: settings.REGISTRATION,
    registrationEmailDomains: settings.REGISTRATION_EMAIL_DOMAINS,
    emailSignIn: settings.EMAIL_SIGN_IN ?? !settings.PASSWORD_SIGN_IN,
    passwordSignIn: settings.PASSWORD_SIGN_IN,
    backup: {
      to: settings.BACKUP_TO ?? join(settings.DATA_DIR, 'backups'),
      recipients: settings.BACKUP_RECIPIENTS,
      keepDays: settings.BACKUP_KEEP_DAYS,
      region: settings.BACKUP_S3_REGION,
      accessKeyId: settings.BACKUP_S3_ACCESS_KEY_ID,
      secretAccessKey: settings.BACKUP_S3_SECRET_ACCESS_KEY,
    },
  };
}

const developmentOrigins = ['http://localhost:3000', 'http://localhost:5173'];

function deepFreeze<T extends object>(value: T): T {
  for (const member of Object.values(value)) {
    if (typeof member === 'object' && member !== null && !Object.isFrozen(member))
      deepFreeze(member);
  }
  return Object.freeze(value);
}
