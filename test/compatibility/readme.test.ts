import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { userRealm } from '../../src/domain/realms/realms.ts';
import { signedInUser } from '../factories.ts';
import { portOf } from '../raw-http.ts';
import { refreshed } from '../session-calls.ts';
import { createTestApp } from '../test-app.ts';

const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');

/** The commands of these chapters, without the one that starts the service. */
function commandsOf(port: number): string[] {
  const chapter = (title: string, next: string) =>
    readme.slice(readme.indexOf(`## ${title}\n`), readme.indexOf(`## ${next}\n`));
  const text = chapter('Start', 'Test') + chapter('Users and what you keep with them', 'Clients');
  const blocks = [...text.matchAll(/```sh\n([^`]*)```/g)].map(([, block = '']) => block);
  return blocks
    .filter((block) => block.includes('curl'))
    .map((block) => block.replaceAll(':8000', `:${port}`));
}

function hasCurl(): boolean {
  try {
    execFileSync('curl', ['--version']);
    return true;
  } catch {
    return false;
  }
}

test('the commands of the README can be repeated, and so can the refresh', {
  skip: !hasCurl(),
}, async (t) => {
  const { app } = await createTestApp(t, { ENVIRONMENT: 'development', HOST: 'localhost' });
  const directory = mkdtempSync(join(tmpdir(), 'adl-readme-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const commands = commandsOf(await portOf(app));
  const statusesOf = async (script: string): Promise<string[]> => {
    // The answers are piped to `tee`, so the statuses go to stderr.
    const counted = `curl() { command curl -4 -w '%{stderr}%{http_code} ' "$@"; }\n${script}`;
    const { stderr } = await promisify(execFile)('sh', ['-c', counted], { cwd: directory });
    return stderr.trim().split(' ');
  };
  const all = commands.join('\n');
  assert.deepEqual(await statusesOf(all), [
    '201',
    '200',
    '200',
    '200',
    '200',
    '201',
    '200',
    '200',
    '201',
    '200',
  ]);
  assert.deepEqual(await statusesOf(all), [
    '409',
    '200',
    '200',
    '200',
    '200',
    '401',
    '200',
    '200',
    '409',
    '200',
  ]);
  const refresh = all.slice(
    all.indexOf('refresh_token=$('),
    all.indexOf('| tee tokens.json\n', all.indexOf('/refresh')),
  );
  for (let again = 0; again < 2; again += 1)
    assert.deepEqual(await statusesOf(`${refresh}| tee tokens.json\n`), ['200']);
});

test('parallel refreshes keyed by the hash of their token get the same successor', async (t) => {
  const service = await createTestApp(t);
  const { refreshToken } = await signedInUser(service);
  const key = createHash('sha256').update(refreshToken).digest('hex');
  const all = await Promise.all(
    Array.from({ length: 5 }, () => refreshed(service.api, userRealm, refreshToken, key)),
  );
  assert.equal(new Set(all.map((tokens) => tokens.refreshToken)).size, 1);
});
