import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testSecret } from '../../test/test-app.ts';
import { parseConfig } from './config.ts';
import { weakSettings } from './weak-settings.ts';

const passwords = /^passwords:/;
const connections = /^(database|redis):/;
const proxies = /^proxies:/;
const open = /^(limits|logging|metrics):/;

const long = { PASSWORD_MIN_LENGTH: '15', ADMIN_PASSWORD_MIN_LENGTH: '15' };

/** Those that begin so. */
function warningsFor(environment: Record<string, string>, about: RegExp): string[] {
  const config = parseConfig({
    SECRET_KEY: testSecret,
    DATABASE_URL: 'embedded',
    PUBLIC_URL: 'https://adl.example.com',
    LOG_FORMAT: 'json',
    ...environment,
  });
  return weakSettings(config).filter((warning) => about.test(warning));
}

test('production warns while shorter passwords are allowed than the only factor should have', () => {
  for (const lengths of [
    {},
    { ...long, PASSWORD_MIN_LENGTH: '14' },
    { ...long, ADMIN_PASSWORD_MIN_LENGTH: '14' },
  ]) {
    const [warning = '', ...more] = warningsFor(
      { ENVIRONMENT: 'production', ...lengths },
      passwords,
    );
    assert.match(warning, /PASSWORD_MIN_LENGTH/);
    assert.deepEqual(more, []);
  }
  assert.deepEqual(warningsFor({ ENVIRONMENT: 'production', ...long }, passwords), []);
  assert.deepEqual(warningsFor({ ENVIRONMENT: 'development' }, passwords), []);
});

test('production warns while a password alone makes an admin', () => {
  const warnings = (more: Record<string, string>) => warningsFor(more, /^admins:/);
  const [warning = '', ...others] = warnings({ ENVIRONMENT: 'production' });
  assert.match(warning, /REQUIRE_ADMIN_SECOND_FACTOR/);
  assert.deepEqual(others, []);
  const strict = { ENVIRONMENT: 'production', REQUIRE_ADMIN_SECOND_FACTOR: 'true' };
  assert.deepEqual(warnings(strict), []);
  assert.deepEqual(warnings({ ENVIRONMENT: 'development' }), []);
});

test('a database or a Redis on another machine without TLS is a warning, which names neither host nor password', () => {
  const database = (url: string) => ({ DATABASE_URL: `postgresql://adl:hunter2@${url}` });
  const redis = (url: string) => ({ REDIS_URL: url });
  for (const environment of [
    database('db.internal/adl'),
    database('10.1.2.3:5432/adl?sslmode=disable'),
    database('[2001:db8::1]/adl?sslmode=prefer'),
    redis('redis://:hunter2@cache.internal:6379/0'),
  ]) {
    const [warning = '', ...more] = warningsFor(environment, connections);
    assert.match(warning, /not encrypted/);
    assert.doesNotMatch(warning, /hunter2|internal|10\.1\.2\.3|2001/);
    assert.deepEqual(more, []);
  }
  for (const environment of [
    {},
    database('localhost/adl'),
    database('127.0.0.1:5433/adl'),
    database('[::1]/adl'),
    database('db.internal/adl?sslmode=verify-full'),
    redis('redis://127.0.0.1:6379'),
    redis('rediss://cache.internal:6379'),
  ]) {
    assert.deepEqual(warningsFor(environment, connections), []);
  }
});

test('production without trusted proxies is told what that means; development is not', () => {
  const production = { ENVIRONMENT: 'production' };
  const [warning = '', ...more] = warningsFor(production, proxies);
  assert.match(warning, /TRUSTED_PROXIES is not set.*one limit/);
  assert.deepEqual(more, []);
  assert.deepEqual(warningsFor({ ...production, TRUSTED_PROXIES: '10.0.0.1' }, proxies), []);
  assert.deepEqual(warningsFor({}, proxies), []);
});

for (const [name, value] of [
  ['TRUSTED_PROXIES', '10.0.0.1,0.0.0.0/0'],
  ['METRICS_ALLOW', '::/0'],
  ['RATE_LIMIT_PER_HOUR', '0'],
  ['RATE_LIMIT_ACCOUNT_PER_HOUR', '0'],
  ['LOG_LEVEL', 'debug'],
] as const) {
  test(`production tells at start that ${name}=${value} leaves something open`, () => {
    const about = name === 'TRUSTED_PROXIES' ? proxies : open;
    const [warning = '', ...more] = warningsFor(
      { ENVIRONMENT: 'production', [name]: value },
      about,
    );
    assert.match(warning, new RegExp(name));
    assert.deepEqual(more, []);
    assert.deepEqual(warningsFor({ [name]: value }, about), []);
  });
}

test('the defaults of production leave nothing open', () => {
  assert.deepEqual(warningsFor({ ENVIRONMENT: 'production' }, open), []);
});

test('domains that anybody can claim an address of are a warning', () => {
  const domains = { REGISTRATION_EMAIL_DOMAINS: 'example.com' };
  const warnings = (more: Record<string, string>) => warningsFor(more, /^registration:/);
  assert.match(warnings(domains)[0] ?? '', /REQUIRE_VERIFIED_EMAIL/);
  assert.deepEqual(warnings({ ...domains, REQUIRE_VERIFIED_EMAIL: 'true' }), []);
  assert.deepEqual(warnings({ ...domains, PASSWORD_SIGN_IN: 'false' }), []);
  assert.deepEqual(warnings({}), []);
});
