import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ConfigError, parseConfig } from './config.ts';

function faultsOf(environment: Record<string, string>): readonly string[] {
  try {
    parseConfig(environment);
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.faults;
  }
}

const google = { OIDC_PROVIDERS: 'google', OIDC_GOOGLE_CLIENT_ID: 'the-client' };

test('a known provider needs its client alone', () => {
  const [provider] = parseConfig({ ...google, OIDC_GOOGLE_CLIENT_SECRET: 'secret' }).providers;
  assert.deepEqual(provider, {
    id: 'google',
    protocol: 'openid',
    name: 'Google',
    issuer: 'https://accounts.google.com',
    scopes: 'openid email profile',
    trustsEmail: true,
    answersByForm: false,
    clientId: 'the-client',
    clientSecret: 'secret',
  });
});

test('every preset has what it needs but the client', () => {
  const ids = ['google', 'microsoft', 'apple', 'gitlab', 'github'];
  const environment = {
    OIDC_PROVIDERS: ids.join(', '),
    ...Object.fromEntries(
      ids.flatMap((id) => [
        [`OIDC_${id.toUpperCase()}_CLIENT_ID`, 'x'],
        [`OIDC_${id.toUpperCase()}_CLIENT_SECRET`, 'y'],
      ]),
    ),
  };
  const { providers } = parseConfig(environment);
  assert.deepEqual(
    providers.map(({ id }) => id),
    ids,
  );
  // Any admin of a tenant there can write any address.
  assert.deepEqual(
    providers.filter(({ trustsEmail }) => !trustsEmail).map(({ id }) => id),
    ['microsoft'],
  );
});

test('the trust of a preset does not go to an installation of somebody else', () => {
  const own = { ...google, OIDC_GOOGLE_ISSUER: 'https://login.example.com' };
  assert.equal(parseConfig(own).providers[0]?.trustsEmail, false);
  const said = { ...own, OIDC_GOOGLE_TRUST_EMAIL: 'true' };
  assert.equal(parseConfig(said).providers[0]?.trustsEmail, true);
});

test('a provider of a name with hyphens has variables with underscores', () => {
  const { providers } = parseConfig({
    OIDC_PROVIDERS: 'our-work',
    OIDC_OUR_WORK_ISSUER: 'https://login.example.com/realms/work',
    OIDC_OUR_WORK_CLIENT_ID: 'adl',
    OIDC_OUR_WORK_NAME: 'Our Work',
  });
  assert.equal(providers[0]?.name, 'Our Work');
  assert.equal(providers[0]?.clientSecret, undefined);
});

test('the secret of a client can be in a file, and is shown to nobody', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'adl-secret-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'secret');
  writeFileSync(path, 'the-secret-in-the-file\n');
  const config = parseConfig({ ...google, OIDC_GOOGLE_CLIENT_SECRET_FILE: path });
  assert.equal(config.providers[0]?.clientSecret, 'the-secret-in-the-file');
  const shown = config.variables.filter(({ name }) => name.startsWith('OIDC_GOOGLE'));
  assert.ok(shown.some(({ name, value }) => name.endsWith('CLIENT_ID') && value === 'the-client'));
  assert.doesNotMatch(JSON.stringify(config.variables), /the-secret-in-the-file/);
  const missing = faultsOf({ ...google, OIDC_GOOGLE_CLIENT_SECRET_FILE: join(folder, 'none') });
  assert.deepEqual(missing, ['OIDC_GOOGLE_CLIENT_SECRET_FILE names a file that cannot be read']);
});

test('what is wrong with a provider is said by its variable', () => {
  const work = { OIDC_PROVIDERS: 'work', OIDC_WORK_CLIENT_ID: 'adl' };
  const issuer = 'https://login.example.com';
  for (const [more, fault] of [
    [{}, 'OIDC_WORK_ISSUER is required'],
    [{ OIDC_WORK_ISSUER: 'http://login.example.com' }, 'OIDC_WORK_ISSUER must be'],
    [{ OIDC_WORK_ISSUER: 'http://localhost:9400' }, 'OIDC_WORK_ISSUER must be'],
    [
      { OIDC_WORK_ISSUER: `${issuer}/.well-known/openid-configuration` },
      'OIDC_WORK_ISSUER must be',
    ],
    [{ OIDC_WORK_ISSUER: `${issuer}?x=1` }, 'OIDC_WORK_ISSUER must be'],
    [{ OIDC_WORK_ISSUER: 'https://user:x@login.example.com' }, 'OIDC_WORK_ISSUER must be'],
    [{ OIDC_WORK_ISSUER: issuer, OIDC_WORK_CLIENT_ID: 'a b' }, 'OIDC_WORK_CLIENT_ID is'],
    [{ OIDC_WORK_ISSUER: issuer, OIDC_WORK_NAME: '<b>' }, 'OIDC_WORK_NAME must'],
    [{ OIDC_WORK_ISSUER: issuer, OIDC_WORK_SCOPES: 'email' }, 'OIDC_WORK_SCOPES must'],
    [{ OIDC_WORK_ISSUER: issuer, OIDC_WORK_TRUST_EMAIL: 'yes' }, 'OIDC_WORK_TRUST_EMAIL must'],
    [{ OIDC_WORK_ISSUER: issuer, OIDC_HOME_NAME: 'x' }, 'OIDC_HOME_NAME belongs to no provider'],
    [{ OIDC_PROVIDERS: 'Work' }, 'OIDC_PROVIDERS must be'],
    [{ OIDC_PROVIDERS: 'work,work', OIDC_WORK_ISSUER: issuer }, 'OIDC_PROVIDERS must be'],
    [{ OIDC_WORK_ISSUER: issuer, RETURN_TO_ALLOW: 'https://x.example/a' }, 'RETURN_TO_ALLOW must'],
  ] as const) {
    const faults = faultsOf({ ...work, ...more });
    assert.ok(
      faults.some((one) => one.startsWith(fault)),
      `${JSON.stringify(more)}: ${faults.join('; ')}`,
    );
  }
  const github = { OIDC_PROVIDERS: 'github', OIDC_GITHUB_CLIENT_ID: 'x' };
  assert.deepEqual(faultsOf(github), ['OIDC_GITHUB_CLIENT_SECRET is required']);
});

test('a provider on this machine needs three variables', () => {
  const { providers } = parseConfig({
    OIDC_PROVIDERS: 'test',
    OIDC_TEST_ISSUER: 'http://localhost:9400',
    OIDC_ALLOW_PRIVATE: 'true',
  });
  assert.equal(providers[0]?.clientId, 'adl');
});
