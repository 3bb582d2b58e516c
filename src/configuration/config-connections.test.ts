import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError, parseConfig } from './config.ts';

function faultsOf(environment: Record<string, string | undefined>): readonly string[] {
  try {
    parseConfig(environment);
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    assert.doesNotMatch(error.message, /canary/);
    return error.faults;
  }
}

test('Sentinels are addresses with ports, IPv6 in brackets', () => {
  const given = { REDIS_URL: 'redis://adl:secret@group' };
  const { redisSentinels } = parseConfig({
    ...given,
    REDIS_SENTINELS: '10.0.0.1:26379, [::1]:1,redis-2.lan:5',
  });
  assert.deepEqual(redisSentinels, [
    { host: '10.0.0.1', port: 26_379 },
    { host: '::1', port: 1 },
    { host: 'redis-2.lan', port: 5 },
  ]);
  for (const list of [
    'canary',
    'canary:',
    '10.0.0.1:70000',
    '::1:5',
    'redis://canary:1',
    'a:1;b:2',
    'a:1,canary b:2',
  ]) {
    assert.match(
      faultsOf({ ...given, REDIS_SENTINELS: list }).join(),
      /^REDIS_SENTINELS must be /,
      list,
    );
  }
});

test('Sentinels need a Redis, and a direct way needs a way through PgBouncer', () => {
  assert.match(
    faultsOf({ REDIS_SENTINELS: '10.0.0.1:26379' }).join(),
    /^REDIS_SENTINELS needs a REDIS_URL/,
  );
  const direct = { DATABASE_DIRECT_URL: 'postgresql://canary@h/d' };
  const problem = ['DATABASE_DIRECT_URL needs a DATABASE_URL that leads to PgBouncer'];
  assert.deepEqual(faultsOf(direct), problem);
  assert.deepEqual(faultsOf({ ...direct, DATABASE_URL: 'embedded' }), problem);
  assert.deepEqual(faultsOf({ ...direct, DATABASE_URL: 'postgresql://h/d' }), []);
  assert.match(
    faultsOf({ DATABASE_DIRECT_URL: 'canary' }).join(),
    /^DATABASE_DIRECT_URL must be an address/m,
  );
});

test('more than one process needs PostgreSQL and Redis', () => {
  const shared = { DATABASE_URL: 'postgresql://h/d', REDIS_URL: 'rediss://h' };
  assert.deepEqual(faultsOf({ WEB_CONCURRENCY: '2', ...shared }), []);
  for (const name of Object.keys(shared)) {
    const faults = faultsOf({ WEB_CONCURRENCY: '2', ...shared, [name]: undefined });
    assert.deepEqual(faults, [`${name} is required when WEB_CONCURRENCY is more than 1`]);
  }
});

test('the embedded database serves one process only', () => {
  const faults = faultsOf({
    WEB_CONCURRENCY: '2',
    DATABASE_URL: 'embedded',
    REDIS_URL: 'redis://h',
  });
  assert.deepEqual(faults, [
    'DATABASE_URL must name a PostgreSQL server when WEB_CONCURRENCY is more than 1',
  ]);
});

test('passkeys are used from https pages below the host of PUBLIC_URL, and from apps', () => {
  const given = { PUBLIC_URL: 'https://example.com' };
  const app = `android:apk-key-hash:${'y'.repeat(43)}`;
  const good = `https://app.example.com, https://example.com:8443,${app}`;
  assert.deepEqual(faultsOf({ ...given, PASSKEY_ORIGINS: good }), []);
  const local = { PASSKEY_ORIGINS: 'http://localhost:5173' };
  assert.deepEqual(faultsOf(local), []);
  const foreign = ['https://example.org', 'https://badexample.com', 'https://com'];
  for (const origin of foreign) {
    const faults = faultsOf({ ...given, PASSKEY_ORIGINS: origin });
    assert.match(faults.join(), /PASSKEY_ORIGINS may only name the host of PUBLIC_URL/, origin);
  }
  const bad = ['http://app.example.com', 'https://*.example.com', 'https://example.com/app', 'x'];
  for (const origin of [...bad, 'android:apk-key-hash:short']) {
    const faults = faultsOf({ ...given, PASSKEY_ORIGINS: origin });
    assert.match(faults.join(), /PASSKEY_ORIGINS must be a comma-separated list/, origin);
  }
});
