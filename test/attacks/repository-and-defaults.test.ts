import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ConfigError, parseConfig } from '../../src/configuration/config.ts';
import { listRoutes } from '../../src/process/route-list.ts';
import { assertStatus } from '../api.ts';
import { newRegistration } from '../factories.ts';
import { createTestApp } from '../test-app.ts';

const root = join(import.meta.dirname, '../..');
const secret = 'cHJvZHVjdGlvbiBvZiB0aGUgdGVzdHMsIGdvb2QgZm9yIG5vdGhpbmc';
const production = {
  ENVIRONMENT: 'production',
  SECRET_KEY: secret,
  DATABASE_URL: 'embedded',
  PUBLIC_URL: 'https://adl.example',
};
/** Uses the cheapest hash that production accepts. */
const cheapProduction = { ...production, BCRYPT_ROUNDS: '10' };

/** The files of the repository; null in a copy without git history. */
function trackedFiles(): string[] | null {
  try {
    const listed = execFileSync('git', ['ls-files', '-z'], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return listed.toString().split('\0').filter(Boolean);
  } catch {
    return null;
  }
}

const files = trackedFiles();
const skip = files === null && 'not a git repository';

test('M09 the repository holds no .env, no key, no database and no source map', { skip }, () => {
  assert.ok(files?.includes('package.json'));
  const unwanted = [
    /(^|\/)\.env(?!\.example$)/,
    /(^|\/)(id_(rsa|ed25519|ecdsa)|\.netrc|\.pgpass|\.htpasswd|credentials|development-secret)$/,
    /\.(pem|key|p12|pfx|jks|keystore|crt|sqlite3?|db|dump|sql\.gz|bak|log|map|har|heapsnapshot|core)$/,
    /^(data|coverage|node_modules|\.tmp)\//,
  ];
  assert.deepEqual(
    files?.filter((path) => unwanted.some((pattern) => pattern.test(path))),
    [],
  );
  const ignored = readFileSync(join(root, '.gitignore'), 'utf8').split('\n');
  for (const path of ['.env', 'data/']) assert.ok(ignored.includes(path), `${path} is ignored`);
});

test("M09 no file holds a private key or a provider's token", { skip }, () => {
  const forms = [
    /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
    /\bAKIA[0-9A-Z]{16}\b/,
    /\bgh[pousr]_\w{36,}/,
    /\bgithub_pat_\w{20,}/,
    /\bxox[abprs]-[\w-]{10,}/,
    /\bsk_live_\w{10,}/,
    /\bnpm_\w{36}\b/,
    /\beyJ[\w-]{20,}\.eyJ[\w-]{20,}\.[\w-]{20,}/,
    /_authToken\s*=/,
  ];
  const found = (files ?? []).flatMap((path) => {
    const text = readFileSync(join(root, path), 'utf8');
    return forms.filter((form) => form.test(text)).map((form) => `${path}: ${form}`);
  });
  assert.deepEqual(found, []);
});

test('M09 no document shows a secret that the service would accept', { skip }, () => {
  const documents = (files ?? []).filter((path) =>
    /\.(md|example|ya?ml|conf|sh|env)$|Dockerfile/.test(path),
  );
  assert.ok(documents.includes('README.md') && documents.includes('.env.example'));
  const shown = documents.flatMap((path) => [
    ...readFileSync(join(root, path), 'utf8').matchAll(
      /\b(SECRET_KEY|SECRET_KEY_PREVIOUS|ADMIN_SETUP_TOKEN)\s*[=:]\s*["'`]?([^\s"'`]+)/g,
    ),
  ]);
  for (const [, name = '', value = ''] of shown) {
    // A reference to a variable, or a placeholder, is not a value.
    if (/^[$<{…]/.test(value)) continue;
    assert.throws(() => parseConfig({ [name]: value }), ConfigError, `${name}=${value}`);
  }
});

test('M09 production has no default accounts, no mailbox and no open first-admin setup', async (t) => {
  const { api, db } = await createTestApp(t, cheapProduction);
  const local = { headers: { host: 'localhost:8000' }, remoteAddress: '127.0.0.1' };
  for (const path of ['/api/users/login', '/api/admins/login']) {
    assertStatus(await api.post(path, { username: 'admin', password: 'changeme' }), 401);
  }
  for (const table of ['users', 'admins'] as const) {
    assert.deepEqual(await db.selectFrom(table).selectAll().execute(), [], table);
  }
  assertStatus(await api.get('/app/mailbox', local), 404);
  const body = { ...newRegistration(), is_superadmin: true };
  assertStatus(await api.post('/api/admins/register', body, local), 401);
  const guess = { ...local, headers: { ...local.headers, 'x-setup-token': 'x'.repeat(40) } };
  assertStatus(await api.post('/api/admins/register', body, guess), 403);
  const origin = { headers: { origin: 'http://localhost:3000' } };
  assert.equal((await api.get('/', origin)).headers['access-control-allow-origin'], undefined);
});

test('M09 there are no debug or test endpoints, and no source is served', async (t) => {
  const debugging =
    /debug|trace|profil|heap|dump|seed|fixture|internal|console|shell|eval|phpinfo|actuator|graphql/i;
  const routes = await listRoutes();
  const suspicious = routes
    .split('\n')
    .filter((line) => debugging.test(line.replace('/me/profile', '')));
  assert.deepEqual(suspicious, []);
  for (const overrides of [cheapProduction, { ENVIRONMENT: 'development' }]) {
    const { api } = await createTestApp(t, { SECRET_KEY: secret, ...overrides });
    for (const path of [
      '/.env',
      '/.git/HEAD',
      '/.git/config',
      '/package.json',
      '/package-lock.json',
      '/src/main.ts',
      '/migrations/0001_users.sql',
      '/app/assets/..%2f..%2fapp.ts',
      '/app/assets/reset-password.js.map',
      '/app/assets/link-token.test.js',
      '/debug',
      '/debug/pprof/',
      '/actuator/env',
      '/server-status',
      '/phpinfo.php',
      '/graphql',
      '/console',
      '/api/debug',
      '/api/test',
      '/api',
      '/data/development-secret',
      '/json/version',
    ]) {
      const answer = await api.get(path);
      assertStatus(answer, 404);
    }
  }
});

test('M09 the defaults in production are safe', () => {
  const config = parseConfig(production);
  assert.deepEqual(config.corsOrigins, []);
  assert.equal(config.logLevel, 'info');
  assert.equal(config.logFormat, 'json');
  assert.equal(config.adminSetupToken, undefined);
  assert.equal(config.passwordHash.bcryptRounds, 12);
  assert.equal(config.smtp.security, 'starttls');
  assert.deepEqual([config.rateLimitPerHour, config.rateLimitAccountPerHour], [200, 2000]);
  assert.deepEqual([config.refreshGraceSeconds, config.cookieRefreshGraceSeconds], [0, 10]);
  assert.equal(config.host, '127.0.0.1');
  for (const missing of ['SECRET_KEY', 'DATABASE_URL', 'PUBLIC_URL']) {
    const without = { ...production, [missing]: undefined };
    assert.throws(() => parseConfig(without), new RegExp(missing));
  }
});
