import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { ConfigError, parseConfig } from './config.ts';
import { secretNames } from './config-schema.ts';

const goodSecret = 'Zm9yIHRoZSB0ZXN0cyBvZiB0aGUgY29uZmlndXJhdGlvbiBvbmx5';

function temporaryDirectory(t: { after(done: () => void): void }): string {
  const directory = mkdtempSync(join(tmpdir(), 'adl-config-'));
  t.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

function faultsOf(environment: Record<string, string>): readonly string[] {
  try {
    parseConfig(environment);
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.faults;
  }
}

test('each secret can be read from the file in NAME_FILE, with or without a newline', (t) => {
  const directory = temporaryDirectory(t);
  const values: Record<string, string> = {
    DATABASE_URL: 'postgresql://u:p@h/d',
    DATABASE_DIRECT_URL: 'postgresql://u:p@g/d',
    SECRET_KEY: goodSecret,
    SECRET_KEY_PREVIOUS: goodSecret.toUpperCase(),
    ADMIN_SETUP_TOKEN: goodSecret.toLowerCase(),
    REDIS_URL: 'redis://:p@h',
    REDIS_SENTINEL_PASSWORD: 'p s',
    SMTP_PASSWORD: 'p w',
    BACKUP_S3_SECRET_ACCESS_KEY: 'k e y',
  };
  assert.deepEqual(Object.keys(values), [...secretNames]);
  const files = secretNames.map((name) => {
    const file = join(directory, name);
    writeFileSync(file, `${values[name]}\n`);
    return [`${name}_FILE`, file];
  });
  assert.deepEqual(parseConfig(Object.fromEntries(files)), parseConfig(values));
});

test('a duplicate, unreadable or empty secret is a fault without secret or path', (t) => {
  const directory = temporaryDirectory(t);
  const file = join(directory, 'canary');
  for (const name of secretNames) {
    writeFileSync(file, 'canary-in-the-file-canary-in-the-file');
    const twice = faultsOf({ [name]: 'canary in the environment', [`${name}_FILE`]: file });
    assert.ok(twice.includes(`${name} and ${name}_FILE are both set: keep one`), twice.join());
    assert.doesNotMatch(twice.join(), /canary/);

    for (const path of [join(directory, 'absent-canary'), directory, `${file}\0`]) {
      assert.deepEqual(faultsOf({ [`${name}_FILE`]: path }), [
        `${name}_FILE names a file that cannot be read`,
      ]);
    }
    writeFileSync(file, ' \n');
    assert.deepEqual(faultsOf({ [`${name}_FILE`]: file }), [`${name}_FILE names an empty file`]);
  }
});

test('a secret from a file follows the rules of its variable', (t) => {
  const file = join(temporaryDirectory(t), 'secret');
  writeFileSync(file, 'CHANGE_ME');
  const faults = faultsOf({
    ENVIRONMENT: 'production',
    DATABASE_URL: 'embedded',
    PUBLIC_URL: 'https://a.example',
    SECRET_KEY_FILE: file,
  });
  assert.deepEqual(faults, [
    'SECRET_KEY must be at least 32 bytes of random text',
    'SECRET_KEY is a well-known or guessable value: generate a random one',
  ]);
});

test('the setup token must be as long and random as a key', () => {
  assert.deepEqual(faultsOf({ ADMIN_SETUP_TOKEN: goodSecret }), []);
  const short = faultsOf({ ADMIN_SETUP_TOKEN: goodSecret.slice(0, 31) });
  assert.deepEqual(short, ['ADMIN_SETUP_TOKEN must be at least 32 bytes of random text']);
  for (const known of ['h'.repeat(32), 'changeme-changeme-changeme-changeme']) {
    assert.match(
      faultsOf({ ADMIN_SETUP_TOKEN: known }).join(),
      /^ADMIN_SETUP_TOKEN is a well-known/,
    );
  }
});

const run = promisify(execFile);

/** What a process started in `directory` reads. */
async function readIn(directory: string, environment: Record<string, string>): Promise<string> {
  const script = `
    import { readEnvironment } from ${JSON.stringify(new URL('config.ts', import.meta.url).href)};
    try { process.stdout.write([readEnvironment().PROJECT_NAME, readEnvironment().PORT].join()) }
    catch (error) { process.stdout.write(error.name + ': ' + error.message) }`;
  const options = { cwd: directory, env: environment };
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], options);
  return stdout;
}

test('.env is read if present, and variables already set win over it', async (t) => {
  const directory = temporaryDirectory(t);
  assert.equal(await readIn(directory, { PORT: '1' }), ',1');
  writeFileSync(join(directory, '.env'), 'PROJECT_NAME=From the file\nPORT=2\n');
  assert.equal(await readIn(directory, {}), 'From the file,2');
  assert.equal(await readIn(directory, { PORT: '1' }), 'From the file,1');
});

test('an unreadable .env is a fault and not ignored', async (t) => {
  const directory = temporaryDirectory(t);
  mkdirSync(join(directory, '.env'));
  assert.equal(await readIn(directory, {}), 'ConfigError: .env cannot be read');
});
