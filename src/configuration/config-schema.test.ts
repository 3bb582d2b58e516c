import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cidrListContains } from '../platform/http/cidr.ts';
import { type Config, ConfigError, parseConfig } from './config.ts';

/** The only fault of a value, without the name of the variable; null if the value is accepted. */
function faultOf(name: string, value: string): string | null {
  try {
    parseConfig({ [name]: value });
    return null;
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    assert.equal(error.faults.length, 1, error.message);
    assert.ok(error.message.startsWith(`${name} `), error.message);
    return error.message.slice(name.length + 1);
  }
}

const wholeNumbers: [name: string, min: number, max: number, read: (config: Config) => number][] = [
  ['PORT', 0, 65_535, (config) => config.port],
  ['STARTUP_TIMEOUT_SECONDS', 1, 3600, (config) => config.startupTimeoutSeconds],
  ['DATABASE_POOL_SIZE', 1, 200, (config) => config.databasePoolSize],
  ['ACCESS_TOKEN_EXPIRE_MINUTES', 1, 60, (config) => config.accessTokenSeconds / 60],
  ['SIGNING_KEY_ROTATION_DAYS', 1, 3650, (config) => config.signingKeyRotationDays],
  ['REFRESH_TOKEN_EXPIRE_DAYS', 1, 365, (config) => config.userSessions.idleSeconds / 86_400],
  ['SESSION_MAX_DAYS', 1, 365, (config) => config.userSessions.maxSeconds / 86_400],
  ['ADMIN_REFRESH_TOKEN_EXPIRE_HOURS', 1, 168, (config) => config.adminSessions.idleSeconds / 3600],
  ['ADMIN_SESSION_MAX_HOURS', 1, 720, (config) => config.adminSessions.maxSeconds / 3600],
  ['REFRESH_RACE_WINDOW_SECONDS', 0, 300, (config) => config.refreshRaceWindowSeconds],
  ['REFRESH_GRACE_SECONDS', 0, 60, (config) => config.refreshGraceSeconds],
  ['COOKIE_REFRESH_GRACE_SECONDS', 0, 60, (config) => config.cookieRefreshGraceSeconds],
  ['RESET_TOKEN_EXPIRE_MINUTES', 5, 1440, (config) => config.resetTokenSeconds / 60],
  ['BCRYPT_ROUNDS', 4, 15, (config) => config.passwordHash.bcryptRounds],
  ['HASH_THREADS', 1, 99, (config) => config.hashThreads],
  ['HASH_QUEUE_MAX_WAIT_SECONDS', 1, 60, (config) => config.hashQueueMaxWaitSeconds],
  ['PASSWORD_MIN_LENGTH', 8, 64, (config) => config.passwordMinLength.user],
  ['ADMIN_PASSWORD_MIN_LENGTH', 8, 64, (config) => config.passwordMinLength.admin],
  ['RATE_LIMIT_PER_HOUR', 0, 1_000_000, (config) => config.rateLimitPerHour],
  ['RATE_LIMIT_ACCOUNT_PER_HOUR', 0, 1_000_000, (config) => config.rateLimitAccountPerHour],
  ['RATE_LIMIT_IPV6_PREFIX', 32, 128, (config) => config.rateLimitIpv6Prefix],
  ['SMTP_PORT', 1, 65_535, (config) => config.smtp.port],
  ['DELETED_USER_GRACE_DAYS', 1, 365, (config) => config.deletedUserGraceDays],
  ['BACKUP_KEEP_DAYS', 1, 3650, (config) => config.backup.keepDays],
];

for (const [name, min, max, read] of wholeNumbers) {
  test(`${name} is a whole number from ${min} to ${max} in plain digits`, () => {
    for (const value of [min, max])
      assert.equal(read(parseConfig({ [name]: String(value) })), value);
    const outside = [String(min - 1), String(max + 1), '99999999999999999999'];
    for (const value of [
      ...outside,
      'ten',
      '1.5',
      '5 ',
      '1e2',
      '0x10',
      '+5',
      'NaN',
      'Infinity',
      '5\n',
    ]) {
      assert.equal(faultOf(name, value), `must be a whole number from ${min} to ${max}`, value);
    }
  });
}

for (const [name, values] of [
  ['ENVIRONMENT', ['development', 'test']],
  ['PASSWORD_HASH', ['bcrypt', 'argon2id']],
  ['SMTP_SECURITY', ['starttls', 'tls', 'none']],
  ['LOG_LEVEL', ['debug', 'info', 'warn', 'error']],
  ['LOG_FORMAT', ['pretty', 'json']],
  ['DOCS_ENABLED', ['true', 'false']],
  ['REQUIRE_ADMIN_SECOND_FACTOR', ['true', 'false']],
  ['REQUIRE_VERIFIED_EMAIL', ['true', 'false']],
] as const) {
  test(`${name} is one of its values, in exact spelling`, () => {
    for (const value of values) assert.equal(faultOf(name, value), null);
    for (const value of [values[0].toUpperCase(), `${values[0]} `, 'yes', '1', 'constructor']) {
      assert.match(faultOf(name, value) ?? '', /^must be (one of )?\w+(,| or) \w+/, value);
    }
  });
}

test('a switch set to false is off', () => {
  assert.equal(parseConfig({ DOCS_ENABLED: 'false' }).docsEnabled, false);
  assert.equal(parseConfig({ REQUIRE_VERIFIED_EMAIL: 'true' }).requireVerifiedEmail, true);
});

for (const [name, read] of [
  ['PUBLIC_URL', (config: Config) => config.publicUrl],
  ['FRONTEND_URL', (config: Config) => config.frontendUrl],
] as const) {
  test(`${name} is a web address that paths can be appended to`, () => {
    assert.equal(read(parseConfig({ [name]: 'https://a.example/ui//' })), 'https://a.example/ui');
    assert.equal(read(parseConfig({ [name]: 'http://[::1]:8080' })), 'http://[::1]:8080');
    const withCredentials = [
      'https://me@a.example',
      'https://me:pw@a.example',
      'https://:pw@a.example',
    ];
    const withMore = [
      'https://a.example?x=1',
      'https://a.example#x',
      'https://a.example/#',
      'https://a.example/?',
    ];
    const unclean = [
      ' https://a.example',
      'https://a.example/ b',
      'https://a.example\\b',
      'https:a.example',
    ];
    const foreign = [
      'a.example',
      '//a.example',
      'ftp://a.example',
      'javascript:alert(1)',
      'https://',
      'http://a:b',
    ];
    for (const value of [...withCredentials, ...withMore, ...unclean, ...foreign]) {
      const fault = 'must be an http or https address without credentials, query or fragment';
      assert.equal(faultOf(name, value), fault, value);
    }
  });
}

test('DATABASE_URL and REDIS_URL accept only their own schemes', () => {
  for (const value of ['postgresql://u:p@h:5432/d', 'postgres://h/d']) {
    assert.equal(parseConfig({ DATABASE_URL: value }).databaseUrl, value);
  }
  for (const value of ['redis://h:6379/0', 'rediss://u:p@h']) {
    assert.equal(parseConfig({ REDIS_URL: value }).redisUrl, value);
  }
  for (const value of ['mysql://h/d', 'h:5432/d', 'localhost', 'redis://h']) {
    const fault = 'must be embedded or an address that starts with postgresql:// or postgres://';
    assert.equal(faultOf('DATABASE_URL', value), fault, value);
  }
  for (const value of ['http://h', 'h:6379', 'postgresql://h/d']) {
    const fault = 'must be an address that starts with redis:// or rediss://';
    assert.equal(faultOf('REDIS_URL', value), fault, value);
  }
});

test('lists of networks take CIDR ranges and addresses, but no hop count', () => {
  const { trustedProxies, metricsAllow } = parseConfig({
    TRUSTED_PROXIES: '10.0.0.0/8, 192.0.2.7,,2001:db8::/32',
    METRICS_ALLOW: '192.0.2.1',
  });
  for (const inside of ['10.1.2.3', '192.0.2.7', '2001:db8::9']) {
    assert.ok(cidrListContains(trustedProxies, inside), inside);
  }
  assert.ok(!cidrListContains(trustedProxies, '192.0.2.8'));
  assert.ok(!cidrListContains(metricsAllow, '127.0.0.1'));
  for (const name of ['TRUSTED_PROXIES', 'METRICS_ALLOW']) {
    for (const value of [
      '1',
      'true',
      'loopback',
      '10.0.0.0/33',
      '10.0.0/8',
      '::/129',
      '10.0.0.0/8/8',
      '10.0.0.0/-1',
    ]) {
      assert.match(
        faultOf(name, value) ?? '',
        /^must be a comma-separated list of CIDR ranges/,
        value,
      );
    }
  }
});

test('CORS_ORIGINS takes only exact origins', () => {
  const { corsOrigins } = parseConfig({
    CORS_ORIGINS: 'https://a.example, http://b.example:8080,',
  });
  assert.deepEqual(corsOrigins, ['https://a.example', 'http://b.example:8080']);
  const loose = [
    '*',
    'null',
    'https://*',
    'https://*.example',
    'a.example',
    'https://a.example/',
    'ftp://a.example',
  ];
  for (const value of [
    ...loose,
    'https://A.example',
    'https://a.example:443',
    'https://a.example/app',
  ]) {
    assert.match(
      faultOf('CORS_ORIGINS', value) ?? '',
      /^must be a comma-separated list of exact origins/,
      value,
    );
  }
});

test('values used in mail headers are plain text and plain addresses', () => {
  for (const name of ['PROJECT_NAME', 'SMTP_FROM_NAME']) {
    assert.equal(faultOf(name, 'Häfen & Co.'), null);
    for (const value of ['a\r\nBcc: b@c.example', 'a\nb', 'a\tb', '<b>', 'a\u2028b', 'a\u0085b']) {
      assert.equal(faultOf(name, value), 'must be plain text', JSON.stringify(value));
    }
  }
  assert.equal(faultOf('PROJECT_NAME', 'x'.repeat(60)), null);
  assert.equal(faultOf('PROJECT_NAME', 'x'.repeat(61)), 'must have at most 60 characters');
  assert.equal(faultOf('SMTP_FROM_NAME', 'a "b"'), 'must be plain text');
  const allowed = parseConfig({ TEST_EMAIL_ALLOW: 'a@b.example, c@d.example,' }).testEmailAllow;
  assert.deepEqual(allowed, ['a@b.example', 'c@d.example']);
  for (const value of ['a', 'A <a@b.example>', 'a@b.example;c@d.example', 'a@b.example\r\nx']) {
    assert.equal(faultOf('SMTP_FROM_EMAIL', value), 'must be an e-mail address', value);
    assert.equal(
      faultOf('TEST_EMAIL_ALLOW', value),
      'must be a comma-separated list of e-mail addresses',
      value,
    );
  }
});

test('BRANDING takes a colour, an image and plain addresses only', () => {
  const good = {
    accent: '#0F766e',
    logo: '/etc/adl/logo.svg',
    terms_url: 'https://example.com/terms',
  };
  assert.deepEqual(parseConfig({ BRANDING: JSON.stringify(good) }).branding, good);
  const bad = [
    'teal',
    '[]',
    'null',
    '{"accent":"teal"}',
    '{"accent":"#fff"}',
    '{"accent":"#0f766e; } * { display: none"}',
    '{"logo":"/etc/passwd"}',
    '{"terms_url":"javascript:alert(1)"}',
    '{"privacy_url":"https://a:b@example.com"}',
    '{"name":"Ada"}',
  ];
  for (const value of bad)
    assert.match(faultOf('BRANDING', value) ?? '', /^must be a JSON object/, value);
});

test('BACKUP_TO is a folder or a bucket behind https, which needs both keys', () => {
  const keys = { BACKUP_S3_ACCESS_KEY_ID: 'id', BACKUP_S3_SECRET_ACCESS_KEY: 'secret' };
  for (const value of ['/var/backups', 'backups', './a b'])
    assert.equal(faultOf('BACKUP_TO', value), null);
  for (const value of [
    'http://bucket.example/b',
    'https://bucket.example',
    'https://bucket.example/',
    's3://bucket/adl',
    'https://key:secret@bucket.example/b',
    'https://bucket.example/b?x=1',
  ])
    assert.throws(
      () => parseConfig({ ...keys, BACKUP_TO: value }),
      /^ConfigError: BACKUP_TO must be a folder/,
      value,
    );
  const bucket = { BACKUP_TO: 'https://bucket.example/b/adl' };
  assert.throws(() => parseConfig(bucket), /BACKUP_S3_SECRET_ACCESS_KEY are required/);
  assert.equal(parseConfig({ ...bucket, ...keys }).backup.region, 'auto');
});

test('BACKUP_RECIPIENTS takes recipients of age, and never an identity', () => {
  const recipient = 'age1s2fpy9h0zgp5y85nwu680jjqnh5we03x5unsp7x87yx2jr8crytswzx2ll';
  const { recipients } = parseConfig({ BACKUP_RECIPIENTS: `${recipient}, ${recipient}` }).backup;
  assert.deepEqual(recipients, [recipient, recipient]);
  const identity = `AGE-SECRET-KEY-1${'Q'.repeat(58)}`;
  for (const value of ['age1', identity, `${recipient} ${recipient}`, 'ssh-ed25519 AAAA'])
    assert.match(faultOf('BACKUP_RECIPIENTS', value) ?? '', /^must be .* age recipients/, value);
});

test('the configuration is frozen', () => {
  const config = parseConfig({ CORS_ORIGINS: 'https://a.example', TRUSTED_PROXIES: '10.0.0.0/8' });
  const nested = [
    config,
    config.smtp,
    config.userSessions,
    config.corsOrigins,
    config.trustedProxies,
  ];
  for (const part of nested) assert.ok(Object.isFrozen(part));
  assert.throws(() => Object.assign(config.passwordHash, { bcryptRounds: 4 }), TypeError);
  assert.throws(() => config.corsOrigins.push('https://b.example'), TypeError);
});
