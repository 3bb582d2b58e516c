import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import { cidrListContains } from '../platform/http/cidr.ts';
import { ConfigError, configVariables, parseConfig } from './config.ts';

const goodSecret = 'Zm9yIHRoZSB0ZXN0cyBvZiB0aGUgY29uZmlndXJhdGlvbiBvbmx5';

/** Part of every bad value below: no fault may show it. */
const canary = 'canary';

function faultsOf(environment: Record<string, string | undefined>): readonly string[] {
  try {
    parseConfig(environment);
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    assert.doesNotMatch(`${error.message}\n${error.stack}`, new RegExp(canary));
    return error.faults;
  }
}

const backupDefaults = { to: 'data/backups', recipients: [], keepDays: 30, region: 'auto' };

test('without variables every setting has its default', () => {
  const { trustedProxies, metricsAllow, variables, ...config } = parseConfig({});
  assert.deepEqual(config, {
    projectName: 'ADL Production',
    environment: 'development',
    host: '127.0.0.1',
    port: 8000,
    publicUrl: 'http://localhost:8000',
    startupTimeoutSeconds: 60,
    frontendUrl: 'http://localhost:8000/app',
    appUrl: undefined,
    branding: {},
    dataDir: './data',
    databaseUrl: undefined,
    databaseDirectUrl: undefined,
    databasePoolSize: 10,
    secretKey: undefined,
    secretKeyPrevious: undefined,
    adminSetupToken: undefined,
    accessTokenSeconds: 15 * 60,
    accessTokenAlgorithm: 'EdDSA',
    accessTokenAudience: 'adl-api',
    signingKeyRotationDays: 30,
    serviceTokensFile: undefined,
    accessTokenMetadata: [],
    userSessions: { idleSeconds: 7 * 86_400, maxSeconds: 30 * 86_400 },
    adminSessions: { idleSeconds: 8 * 3600, maxSeconds: 24 * 3600 },
    refreshRaceWindowSeconds: 30,
    refreshGraceSeconds: 0,
    cookieRefreshGraceSeconds: 10,
    resetTokenSeconds: 30 * 60,
    passwordHash: { algorithm: 'bcrypt', bcryptRounds: 12 },
    hashThreads: availableParallelism(),
    hashQueueMaxWaitSeconds: 3,
    passwordMinLength: { user: 8, admin: 12 },
    breachedPasswords: { file: undefined, url: undefined },
    abuseChallenge: 'off',
    rateLimitPerHour: 200,
    rateLimitAccountPerHour: 2000,
    rateLimitIpv6Prefix: 64,
    redisUrl: undefined,
    redisSentinels: [],
    redisSentinelPassword: undefined,
    corsOrigins: ['http://localhost:3000', 'http://localhost:5173'],
    passkeyOrigins: [],
    allowsPrivateProviders: false,
    returnToAllow: [],
    providers: [],
    smtp: {
      host: undefined,
      port: 587,
      user: undefined,
      password: undefined,
      security: 'starttls',
      fromEmail: undefined,
      fromName: 'ADL Production',
    },
    testEmailAllow: [],
    logLevel: 'info',
    logFormat: 'pretty',
    traces: { isEnabled: false, service: 'adl', share: 1 },
    traceparentAllow: [],
    docsEnabled: true,
    webConcurrency: 1,
    deletedUserGraceDays: 30,
    usernames: 'required',
    auditRetentionDays: 365,
    requireAdminSecondFactor: false,
    requireVerifiedEmail: false,
    registration: 'open',
    registrationEmailDomains: [],
    emailSignIn: false,
    passwordSignIn: true,
    backup: { ...backupDefaults, accessKeyId: undefined, secretAccessKey: undefined },
  });
  assert.deepEqual([trustedProxies, metricsAllow.length], [[], 2]);
  assert.ok(variables.length > 60 && variables.every(({ isSet }) => !isSet));
  for (const local of ['127.0.0.1', '127.9.9.9', '::1'])
    assert.ok(cidrListContains(metricsAllow, local));
});

test('derived defaults follow the setting they derive from', () => {
  const { publicUrl, frontendUrl } = parseConfig({ PORT: '9000' });
  assert.deepEqual(
    { publicUrl, frontendUrl },
    { publicUrl: 'http://localhost:9000', frontendUrl: 'http://localhost:9000/app' },
  );
  assert.equal(
    parseConfig({ PUBLIC_URL: 'https://a.example/' }).frontendUrl,
    'https://a.example/app',
  );
  assert.equal(parseConfig({ PROJECT_NAME: 'Harbour' }).smtp.fromName, 'Harbour');
  const shared = { WEB_CONCURRENCY: '2', DATABASE_URL: 'postgresql://h/d', REDIS_URL: 'redis://h' };
  assert.equal(
    parseConfig(shared).hashThreads,
    Math.max(1, Math.floor(availableParallelism() / 2)),
  );
  assert.equal(parseConfig({ ...shared, WEB_CONCURRENCY: '64' }).hashThreads, 1);
  assert.equal(parseConfig({ ...shared, HASH_THREADS: '7' }).hashThreads, 7);
});

test('production and test default to no CORS origins and JSON logs', () => {
  const production = parseConfig({
    ENVIRONMENT: 'production',
    SECRET_KEY: goodSecret,
    DATABASE_URL: 'embedded',
    PUBLIC_URL: 'https://a.example',
  });
  assert.deepEqual([production.corsOrigins, production.logFormat], [[], 'json']);
  const inTest = parseConfig({ ENVIRONMENT: 'test' });
  assert.deepEqual([inTest.corsOrigins, inTest.logFormat], [[], 'json']);
  const pretty = parseConfig({
    ENVIRONMENT: 'test',
    LOG_FORMAT: 'pretty',
    CORS_ORIGINS: 'https://b.example',
  });
  assert.deepEqual([pretty.corsOrigins, pretty.logFormat], [['https://b.example'], 'pretty']);
});

test('an empty variable counts as unset', () => {
  const names = configVariables.map(({ name }) => name);
  const empty = Object.fromEntries(
    [...names, 'SECRET_KEY_FILE', 'DATABASE_URL_FILE'].map((name) => [name, '']),
  );
  assert.deepEqual(parseConfig(empty), parseConfig({}));
});

test('all faults are reported at once, with their variables and without values', () => {
  const free = [
    'HOST',
    'DATA_DIR',
    'SMTP_HOST',
    'SMTP_USER',
    'SMTP_PASSWORD',
    'REDIS_SENTINEL_PASSWORD',
  ];
  const checked = configVariables.map(({ name }) => name).filter((name) => !free.includes(name));
  const bad = Object.fromEntries(checked.map((name) => [name, `\u0001<${canary}">`]));
  const faults = faultsOf(bad);
  const named = new Set(faults.map((fault) => fault.split(' ', 1)[0]));
  assert.deepEqual([...named].toSorted(), checked.toSorted());
  for (const fault of faults) assert.match(fault, /^[A-Z0-9_]+ (must|is|names) /);
});

test('faults of single variables and across variables are reported together', () => {
  const faults = faultsOf({
    ENVIRONMENT: 'production',
    PORT: canary,
    BCRYPT_ROUNDS: '9',
    WEB_CONCURRENCY: '2',
    SMTP_HOST: 'mail.example',
    SMTP_SECURITY: 'none',
  });
  assert.deepEqual(faults, [
    'PORT must be a whole number from 0 to 65535',
    'SECRET_KEY is required in production: at least 32 random bytes',
    'DATABASE_URL is required in production: a PostgreSQL address, or embedded',
    'PUBLIC_URL must be an https address in production',
    'BCRYPT_ROUNDS must be at least 10 in production',
    'DATABASE_URL is required when WEB_CONCURRENCY is more than 1',
    'REDIS_URL is required when WEB_CONCURRENCY is more than 1',
    'SMTP_SECURITY may be none only where SMTP_HOST is a loopback address',
    'SMTP_FROM_EMAIL is required with SMTP_HOST',
  ]);
});

test('production requires a secret, https and a costly hash; development does not', () => {
  const production = {
    ENVIRONMENT: 'production',
    SECRET_KEY: goodSecret,
    DATABASE_URL: 'postgresql://h/d',
    PUBLIC_URL: 'https://a.example',
  };
  const { SECRET_KEY, PUBLIC_URL, ...bare } = production;
  assert.deepEqual(faultsOf(production), []);
  assert.deepEqual(
    faultsOf({ ...production, PUBLIC_URL: 'HTTPS://a.example', BCRYPT_ROUNDS: '10' }),
    [],
  );
  assert.match(faultsOf({ ...bare, PUBLIC_URL }).join(), /^SECRET_KEY is required in production/);
  assert.match(faultsOf({ ...bare, SECRET_KEY }).join(), /^PUBLIC_URL must be an https address/);
  for (const name of ['PUBLIC_URL', 'FRONTEND_URL']) {
    const faults = faultsOf({ ...production, [name]: `http://${canary}.example` });
    assert.deepEqual(faults, [`${name} must be an https address in production`]);
    assert.deepEqual(faultsOf({ [name]: 'http://a.example' }), []);
  }
  for (const rounds of ['4', '9']) {
    assert.match(
      faultsOf({ ...production, BCRYPT_ROUNDS: rounds }).join(),
      /^BCRYPT_ROUNDS must be at least 10/,
    );
    assert.deepEqual(faultsOf({ BCRYPT_ROUNDS: rounds }), []);
  }
});

test('production uses the embedded database only if told explicitly', () => {
  const production = {
    ENVIRONMENT: 'production',
    SECRET_KEY: goodSecret,
    PUBLIC_URL: 'https://a.example',
  };
  const fault = 'DATABASE_URL is required in production: a PostgreSQL address, or embedded';
  for (const wrong of [{}, { DATABASE_URL: '' }, { DATABSE_URL: 'postgresql://h/d' }]) {
    assert.deepEqual(faultsOf({ ...production, ...wrong }), [fault]);
  }
  for (const ENVIRONMENT of ['development', 'test', 'production']) {
    const config = parseConfig({ ...production, ENVIRONMENT, DATABASE_URL: 'embedded' });
    assert.equal(config.databaseUrl, undefined);
  }
});

test('SMTP without encryption is for loopback only, and SMTP requires a sender', () => {
  const plain = { SMTP_SECURITY: 'none', SMTP_FROM_EMAIL: 'a@b.example' };
  for (const host of ['localhost', '127.0.0.1', '127.8.0.1', '::1']) {
    assert.deepEqual(faultsOf({ ...plain, SMTP_HOST: host }), []);
  }
  for (const host of [
    `${canary}.example`,
    '10.0.0.1',
    '127.0.0.1.example',
    'localhost.example',
    '0.0.0.0',
  ]) {
    assert.match(faultsOf({ ...plain, SMTP_HOST: host }).join(), /^SMTP_SECURITY may be none only/);
  }
  assert.deepEqual(faultsOf({ SMTP_HOST: 'h' }), ['SMTP_FROM_EMAIL is required with SMTP_HOST']);
});

test('user and password of the mail server are given together', () => {
  const smtp = { SMTP_HOST: 'mail.example', SMTP_FROM_EMAIL: 'a@b.example' };
  const fault = 'SMTP_USER and SMTP_PASSWORD are required together';
  assert.deepEqual(faultsOf({ ...smtp, SMTP_USER: 'adl' }), [fault]);
  assert.deepEqual(faultsOf({ ...smtp, SMTP_PASSWORD: 'canary' }), [fault]);
  assert.deepEqual(faultsOf({ ...smtp, SMTP_USER: 'adl', SMTP_PASSWORD: 'canary' }), []);
});

test('production refuses to wait for verified addresses without a mail server', () => {
  const production = {
    ENVIRONMENT: 'production',
    SECRET_KEY: goodSecret,
    DATABASE_URL: 'embedded',
    PUBLIC_URL: 'https://a.example',
    REQUIRE_VERIFIED_EMAIL: 'true',
  };
  assert.match(faultsOf(production).join(), /^SMTP_HOST is required in production/);
  const smtp = { SMTP_HOST: 'mail.example', SMTP_FROM_EMAIL: 'a@b.example' };
  assert.deepEqual(faultsOf({ ...production, ...smtp }), []);
  assert.deepEqual(faultsOf({ REQUIRE_VERIFIED_EMAIL: 'true' }), []);
});
