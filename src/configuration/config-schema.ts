import { z } from 'zod';
import {
  address,
  addressOr,
  cidrs,
  exactOrigins,
  mailAddresses,
  oneOf,
  publicAddress,
  secret,
  variable,
  whole,
  yesNo,
} from './config-fields.ts';

export type Settings = z.output<typeof configSchema>;

/** Variables that may also be given as `NAME_FILE`. */
export const secretNames = [
  'DATABASE_URL',
  'SECRET_KEY',
  'SECRET_KEY_PREVIOUS',
  'ADMIN_SETUP_TOKEN',
  'REDIS_URL',
  'SMTP_PASSWORD',
] as const;

export const configSchema = z.object({
  PROJECT_NAME: variable(
    z
      .string()
      .max(60, 'must have at most 60 characters')
      .regex(/^[^\p{Cc}\p{Zl}\p{Zp}<>]+$/u, 'must be plain text')
      .prefault('ADL Production'),
    'In the welcome, the mails, the docs and the pages.',
    'ADL Production',
  ),
  ENVIRONMENT: variable(
    oneOf(['development', 'production', 'test'], 'environment').prefault('development'),
    'development, production or test.',
    'development',
  ),
  HOST: variable(
    z.string().prefault('127.0.0.1'),
    'The address to listen on; containers set 0.0.0.0.',
    '127.0.0.1',
  ),
  PORT: whole(0, 65_535, 8000, 'The port to listen on.'),
  PUBLIC_URL: publicAddress(
    "The service's own address, https in production; never derived from a request.",
    'http://localhost:<PORT>',
  ),
  STARTUP_TIMEOUT_SECONDS: whole(1, 3600, 60, 'How long an unreachable database is tried for at start.'),
  FRONTEND_URL: publicAddress('Where the links in mails lead; https in production.', '<PUBLIC_URL>/app'),
  DATA_DIR: variable(
    z.string().prefault('./data'),
    'The embedded database and the development secret.',
    './data',
  ),
  DATABASE_URL: addressOr(
    'embedded',
    ['postgresql', 'postgres'],
    'PostgreSQL 15 or newer, postgresql://user:password@host:5432/name, or embedded: the embedded database in DATA_DIR. Required in production.',
    'embedded; production: none',
  ),
  DATABASE_POOL_SIZE: whole(1, 200, 10, 'Connections to PostgreSQL, per process.'),
  SECRET_KEY: variable(
    secret.optional(),
    'At least 32 random bytes, required in production. Make one with: openssl rand -base64 48',
    'development: made once and kept in DATA_DIR',
  ),
  SECRET_KEY_PREVIOUS: variable(
    secret.optional(),
    'The key before the last change: still accepted, never used for new tokens.',
  ),
  ADMIN_SETUP_TOKEN: variable(
    secret.optional(),
    'Lets whoever presents it as X-Setup-Token register the first admin; at least 32 characters.',
  ),
  ACCESS_TOKEN_EXPIRE_MINUTES: whole(1, 60, 15, 'Life of an access token.'),
  REFRESH_TOKEN_EXPIRE_DAYS: whole(1, 365, 7, "A user's session ends when it is idle for so many days,"),
  SESSION_MAX_DAYS: whole(1, 365, 30, 'and at the latest after so many.'),
  ADMIN_REFRESH_TOKEN_EXPIRE_HOURS: whole(
    1,
    168,
    8,
    "An admin's session ends when it is idle for so many hours,",
  ),
  ADMIN_SESSION_MAX_HOURS: whole(1, 720, 24, 'and at the latest after so many.'),
  REFRESH_RACE_WINDOW_SECONDS: whole(
    0,
    300,
    30,
    'A refresh token used twice within so many seconds is a race of two tabs, later a theft.',
  ),
  REFRESH_GRACE_SECONDS: whole(
    0,
    60,
    0,
    'For clients that can neither serialise refreshes nor send an Idempotency-Key: the old token gives the same successor for so long.',
  ),
  COOKIE_REFRESH_GRACE_SECONDS: whole(
    0,
    60,
    10,
    'In cookie mode two tabs of one browser race: the old cookie gives the same successor for so long, to the same network and user agent.',
  ),
  RESET_TOKEN_EXPIRE_MINUTES: whole(5, 1440, 30, 'Life of a password reset link.'),
  PASSWORD_HASH: variable(
    oneOf(['bcrypt', 'argon2id'], 'hash').prefault('bcrypt'),
    'bcrypt or argon2id; older hashes are renewed at the next sign-in.',
    'bcrypt',
  ),
  BCRYPT_ROUNDS: whole(4, 15, 12, 'Cost of bcrypt, 4 to 15; below 10 is refused in production.'),
  HASH_THREADS: variable(
    z
      .string()
      .regex(/^([1-9]|[1-9]\d)$/, 'must be a whole number from 1 to 99')
      .transform(Number)
      .optional(),
    'Threads that hash passwords, at the lowest priority.',
    'cores / WEB_CONCURRENCY',
  ),
  HASH_QUEUE_MAX_WAIT_SECONDS: whole(
    1,
    60,
    3,
    'A password that would wait longer than this for its hash is answered 503 at once.',
  ),
  PASSWORD_MIN_LENGTH: whole(
    8,
    64,
    8,
    'Shortest password of a user; 15 is recommended without a second factor.',
  ),
  ADMIN_PASSWORD_MIN_LENGTH: whole(8, 64, 12, 'Shortest password of an admin.'),
  RATE_LIMIT_PER_HOUR: whole(
    0,
    1_000_000,
    200,
    'Requests an hour from one client address; 0 switches the limits per address off, for load tests.',
  ),
  RATE_LIMIT_ACCOUNT_PER_HOUR: whole(
    0,
    1_000_000,
    2000,
    'Requests an hour of one account with a valid token; 0 switches it off.',
  ),
  RATE_LIMIT_IPV6_PREFIX: whole(32, 128, 64, 'IPv6 addresses that share so many bits count as one.'),
  TRUSTED_PROXIES: cidrs('', 'CIDR list of the proxies whose X-Forwarded-For is believed.'),
  REDIS_URL: address(
    ['redis', 'rediss'],
    'Shares the limits between processes; needed from the second one on.',
    'none: in memory',
  ),
  CORS_ORIGINS: exactOrigins(
    'Comma list of exact origins whose pages may call the API.',
    'development: http://localhost:3000,http://localhost:5173; production: none',
  ),
  SMTP_HOST: variable(
    z.string().optional(),
    'The mail server; unset: mails are not sent. Development keeps them and shows them at /app/mailbox.',
  ),
  SMTP_PORT: whole(1, 65_535, 587, 'Its port.'),
  SMTP_USER: variable(z.string().optional(), 'Its user,'),
  SMTP_PASSWORD: variable(z.string().optional(), 'and password.'),
  SMTP_SECURITY: variable(
    oneOf(['starttls', 'tls', 'none'], 'security').prefault('starttls'),
    'starttls, tls, or none (a loopback host only).',
    'starttls',
  ),
  SMTP_FROM_EMAIL: variable(z.email('must be an e-mail address').optional(), 'The sender of every mail.'),
  SMTP_FROM_NAME: variable(
    z
      .string()
      .regex(/^[^\p{Cc}\p{Zl}\p{Zp}<>"]+$/u, 'must be plain text')
      .optional(),
    "The sender's name.",
    '<PROJECT_NAME>',
  ),
  TEST_EMAIL_ALLOW: mailAddresses('Addresses, besides the own one, that an admin may send a test mail to.'),
  LOG_LEVEL: variable(
    oneOf(['debug', 'info', 'warn', 'error'], 'level').prefault('info'),
    'debug, info, warn or error; debug adds each SQL statement, without its parameters.',
    'info',
  ),
  LOG_FORMAT: variable(
    oneOf(['pretty', 'json'], 'format').optional(),
    'pretty or json.',
    'development: pretty; production: json',
  ),
  METRICS_ALLOW: cidrs('127.0.0.0/8,::1/128', 'CIDR list of those who may read /metrics.'),
  DOCS_ENABLED: yesNo(true, 'Serves /docs, /redoc and /openapi.json.'),
  WEB_CONCURRENCY: whole(1, 64, 1, 'Server processes; more than one needs DATABASE_URL and REDIS_URL.'),
  DELETED_USER_GRACE_DAYS: whole(
    1,
    365,
    30,
    'How long a deleted account can be brought back. No effect yet: nothing deletes accounts.',
  ),
  REQUIRE_VERIFIED_EMAIL: yesNo(false, 'Sign-in waits until the e-mail address is verified.'),
});
