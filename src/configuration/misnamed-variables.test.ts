import assert from 'node:assert/strict';
import { test } from 'node:test';
import { misnamedVariables } from './config.ts';

const namesIn = (...names: string[]) =>
  misnamedVariables(Object.fromEntries(names.map((name) => [name, 'canary'])));

for (const [name, meant] of [
  ['DATABSE_URL', 'DATABASE_URL'],
  ['DATABASE_URI', 'DATABASE_URL'],
  ['TRUSTED_PROXY', 'TRUSTED_PROXIES'],
  ['SMTP_PASWORD', 'SMTP_PASSWORD'],
  ['SECERT_KEY_FILE', 'SECRET_KEY_FILE'],
  ['database_url', 'DATABASE_URL'],
] as const) {
  test(`${name} is reported as a misspelling of ${meant}`, () => {
    assert.deepEqual(namesIn(name), [{ name, meant }]);
  });
}

test('known variables and ordinary environments are not reported', () => {
  const known = [
    'DATABASE_URL',
    'SMTP_HOST',
    'SMTP_PORT',
    'SECRET_KEY_FILE',
    'REDIS_URL',
    'LOG_LEVEL',
  ];
  const ordinary = [
    'HOSTNAME',
    'HOME',
    'PATH',
    'PORTS',
    'USER',
    'USERNAME',
    'SHELL',
    'NODE_ENV',
    'LOGNAME',
    'LANG',
  ];
  const tools = [
    'REDIS_HOST',
    'REDIS_PORT',
    'SMTP_SERVICE_HOST',
    'PGHOST',
    'NODE_OPTIONS',
    'npm_config_cache',
  ];
  assert.deepEqual(
    namesIn(...known, ...ordinary, ...tools, 'NODE_EXTRA_CA_CERTS', 'HTTP_PROXY'),
    [],
  );
});

test('NODE_ENV=production without ENVIRONMENT is taken for it', () => {
  const meant = [{ name: 'NODE_ENV', meant: 'ENVIRONMENT' }];
  assert.deepEqual(misnamedVariables({ NODE_ENV: 'production' }), meant);
  assert.deepEqual(misnamedVariables({ NODE_ENV: 'production', ENVIRONMENT: 'test' }), []);
  assert.deepEqual(misnamedVariables({ NODE_ENV: 'development' }), []);
});
