import { z } from 'zod';
import { abuseVariables } from './abuse-variables.ts';
import { backupVariables } from './backup-variables.ts';
import {
  address,
  addressOr,
  brandingFields,
  cidrs,
  exactOrigins,
  mailAddresses,
  oneOf,
  publicAddress,
  secret,
  servers,
  variable,
  whole,
  yesNo,
} from './config-fields.ts';
import { passkeyVariables } from './passkey-variables.ts';
import { providerVariables } from './provider-variables.ts';
import { registrationVariables } from './registration-variables.ts';
import { smtpVariables } from './smtp-variables.ts';
import { tokenVariables } from './token-variables.ts';
import { traceVariables } from './trace-variables.ts';

export type Settings = z.output<typeof configSchema>;

/** Variables that can also be given as `NAME_FILE`. */
export const secretNames = [
  'DATABASE_URL',
  'DATABASE_DIRECT_URL',
  'SECRET_KEY',
  'SECRET_KEY_PREVIOUS',
  'ADMIN_SETUP_TOKEN',
  'REDIS_URL',
  'REDIS_SENTINEL_PASSWORD',
  'SMTP_PASSWORD',
  'BACKUP_S3_SECRET_ACCESS_KEY',
] as const;

export const configSchema = z.object({
  PROJECT_NAME: variable(
    z
      .string()
      .max(60, 'must have at most 60 characters')
      .regex(/^[^\p{Cc}\p{Zl}\p{Zp}<>]+$/u, 'must be plain text')
      .prefault('ADL Production'),
    'Name of the service, shown in the API, mails, documentation and pages.',
    'ADL Production',
  ),
  ENVIRONMENT: variable(
    oneOf(['development', 'production', 'test'], 'environment').prefault('development'),
    'Environment: development, production or test.',
    'development',
  ),
  HOST: variable(
    z.string().prefault('127.0.0.1'),
    'Address to listen on; use 0.0.0.0 in a container.',
    '127.0.0.1',
  ),
  PORT: whole(0, 65_535, 8000, 'Port to listen on.'),
  PUBLIC_URL: publicAddress(
    'Public URL of the service; never derived from a request. Must be https in production.',
    'http://localhost:<PORT>',
  ),
  STARTUP_TIMEOUT_SECONDS: whole(
    1,
    3600,
    60,
    'How long to retry an unreachable database at startup, in seconds.',
  ),
  FRONTEND_URL: publicAddress(
    'Base URL of the links in mails. Must be https in production.',
    '<PUBLIC_URL>/app',
  ),
  APP_URL: publicAddress(
    'Where your application is. The pages lead there, and return_to may lead back to its origin.',
  ),
  BRANDING: brandingFields(
    'The look of pages and mails, as JSON with any of accent (#rrggbb), logo (path of an SVG, PNG or WebP file; a PNG of up to 64 KiB also stands in mails), terms_url and privacy_url.',
  ),
  DATA_DIR: variable(
    z.string().prefault('./data'),
    'Directory of the embedded database and the development secret.',
    './data',
  ),
  DATABASE_URL: addressOr(
    'embedded',
    ['postgresql', 'postgres'],
    'PostgreSQL 15 or newer as postgresql://user:password@host:5432/name, or embedded for the database in DATA_DIR. Required in production.',
    'embedded; production: none',
  ),
  DATABASE_DIRECT_URL: address(
    ['postgresql', 'postgres'],
    'PostgreSQL itself, where DATABASE_URL leads to PgBouncer in transaction mode: for migrations. Jobs are then polled for.',
  ),
  DATABASE_POOL_SIZE: whole(1, 200, 10, 'Maximum number of PostgreSQL connections per process.'),
  SECRET_KEY: variable(
    secret.optional(),
    'Signing key of at least 32 random bytes. Required in production. Generate one with: openssl rand -base64 48',
    'development: generated once and kept in DATA_DIR',
  ),
  SECRET_KEY_PREVIOUS: variable(
    secret.optional(),
    'Previous SECRET_KEY after a rotation; still accepted, never used for new tokens.',
  ),
  ADMIN_SETUP_TOKEN: variable(
    secret.optional(),
    'Token that allows registering the first admin, sent as X-Setup-Token; at least 32 bytes of random text.',
  ),
  ...tokenVariables,
  REFRESH_TOKEN_EXPIRE_DAYS: whole(1, 365, 7, "Idle lifetime of a user's session, in days."),
  SESSION_MAX_DAYS: whole(1, 365, 30, "Maximum lifetime of a user's session, in days."),
  ADMIN_REFRESH_TOKEN_EXPIRE_HOURS: whole(
    1,
    168,
    8,
    "Idle lifetime of an admin's session, in hours.",
  ),
  ADMIN_SESSION_MAX_HOURS: whole(1, 720, 24, "Maximum lifetime of an admin's session, in hours."),
  REFRESH_RACE_WINDOW_SECONDS: whole(
    0,
    300,
    30,
    'Reuse of a refresh token within this many seconds counts as a race between tabs; later reuse counts as theft.',
  ),
  REFRESH_GRACE_SECONDS: whole(
    0,
    60,
    0,
    'How long a used refresh token returns the same successor, in seconds. For clients that can neither serialize refreshes nor send an Idempotency-Key.',
  ),
  COOKIE_REFRESH_GRACE_SECONDS: whole(
    0,
    60,
    10,
    'How long a used refresh cookie returns the same successor, in seconds; only to the same network and user agent.',
  ),
  RESET_TOKEN_EXPIRE_MINUTES: whole(5, 1440, 30, 'Lifetime of a password reset link, in minutes.'),
  PASSWORD_HASH: variable(
    oneOf(['bcrypt', 'argon2id'], 'hash').prefault('bcrypt'),
    'Password hash for new passwords: bcrypt or argon2id. Existing hashes are upgraded at the next sign-in.',
    'bcrypt',
  ),
  BCRYPT_ROUNDS: whole(4, 15, 12, 'Cost of bcrypt, 4 to 15; at least 10 in production.'),
  HASH_THREADS: variable(
    z
      .string()
      .regex(/^([1-9]|[1-9]\d)$/, 'must be a whole number from 1 to 99')
      .transform(Number)
      .optional(),
    'Number of threads that hash passwords, at the lowest priority.',
    'cores / WEB_CONCURRENCY',
  ),
  HASH_QUEUE_MAX_WAIT_SECONDS: whole(
    1,
    60,
    3,
    'Maximum wait for a password hash, in seconds. Requests that would wait longer get a 503 at once.',
  ),
  PASSWORD_MIN_LENGTH: whole(
    8,
    64,
    8,
    "Minimum length of a user's password; 15 is recommended without a second factor.",
  ),
  ADMIN_PASSWORD_MIN_LENGTH: whole(8, 64, 12, "Minimum length of an admin's password."),
  ...abuseVariables,
  RATE_LIMIT_PER_HOUR: whole(
    0,
    1_000_000,
    200,
    'Requests per hour from one client address; 0 turns all limits per address off, for load tests.',
  ),
  RATE_LIMIT_ACCOUNT_PER_HOUR: whole(
    0,
    1_000_000,
    2000,
    'Requests per hour of one account with a valid token; 0 turns the limit off.',
  ),
  RATE_LIMIT_IPV6_PREFIX: whole(
    32,
    128,
    64,
    'Prefix length, in bits, within which IPv6 addresses count as one client.',
  ),
  TRUSTED_PROXIES: cidrs('', 'CIDR list of the proxies whose X-Forwarded-For is trusted.'),
  REDIS_URL: address(
    ['redis', 'rediss'],
    'Redis for rate limits shared between processes; required if WEB_CONCURRENCY is more than 1.',
    'none: in memory',
  ),
  REDIS_SENTINELS: servers(
    'Comma-separated list of Sentinels as host:port. The host of REDIS_URL is then the name of the group that they watch.',
  ),
  REDIS_SENTINEL_PASSWORD: variable(
    z.string().optional(),
    'Password of the Sentinels, where they have one.',
  ),
  CORS_ORIGINS: exactOrigins(
    'Comma-separated list of exact origins whose pages may call the API.',
    'development: http://localhost:3000,http://localhost:5173; production: none',
  ),
  ...passkeyVariables,
  ...providerVariables,
  ...smtpVariables,
  TEST_EMAIL_ALLOW: mailAddresses(
    'Comma-separated list of addresses, besides their own, that admins may send test mails to.',
  ),
  LOG_LEVEL: variable(
    oneOf(['debug', 'info', 'warn', 'error'], 'level').prefault('info'),
    'Log level: debug, info, warn or error. debug also logs SQL statements, without parameters.',
    'info',
  ),
  LOG_FORMAT: variable(
    oneOf(['pretty', 'json'], 'format').optional(),
    'Log format: pretty or json.',
    'development: pretty; production: json',
  ),
  METRICS_ALLOW: cidrs('127.0.0.0/8,::1/128', 'CIDR list of the clients that may read /metrics.'),
  ...traceVariables,
  DOCS_ENABLED: yesNo(true, 'Whether to serve /docs, /redoc and /openapi.json.'),
  WEB_CONCURRENCY: whole(
    1,
    64,
    1,
    'Number of server processes; more than one requires DATABASE_URL and REDIS_URL.',
  ),
  DELETED_USER_GRACE_DAYS: whole(
    1,
    365,
    30,
    'How long a deleted account can be restored, in days, before everything about it is erased.',
  ),
  AUDIT_RETENTION_DAYS: whole(1, 3650, 365, 'How long security events are kept, in days.'),
  USERNAMES: variable(
    oneOf(['required', 'optional'], 'usernames').prefault('required'),
    'Whether users need a username: required, or optional for sign-up by e-mail alone. Admins always need one.',
    'required',
  ),
  REQUIRE_ADMIN_SECOND_FACTOR: yesNo(
    false,
    'Whether admins can do nothing before they have set up a second factor.',
  ),
  REQUIRE_VERIFIED_EMAIL: yesNo(false, 'Whether sign-in requires a verified e-mail address.'),
  ...registrationVariables,
  ...backupVariables,
});
