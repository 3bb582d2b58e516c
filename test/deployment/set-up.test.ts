import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';

const deploy = join(import.meta.dirname, '../../deploy');
const unit = join(deploy, 'systemd/adl@.service');

function run(command: string, ...parameters: string[]) {
  return spawnSync(command, parameters, { encoding: 'utf8', env: { PATH: process.env.PATH } });
}

const withoutSystemd = run('systemd-analyze', '--version').error ? 'systemd is not installed' : false;

describe('the service without containers', () => {
  test('the unit is confined: an exposure below 1.5', { skip: withoutSystemd }, () => {
    const { stdout, stderr } = run('systemd-analyze', 'security', '--offline=true', '--no-pager', unit);
    const [, score] = /exposure level for \S+: ([\d.]+)/.exec(stdout) ?? [];
    assert.ok(Number(score) < 1.5, stdout.slice(-200) + stderr);
  });

  test('no secret is in the environment of the unit, only paths of credentials', () => {
    const environment =
      readFileSync(unit, 'utf8')
        .match(/^Environment=.*$/gm)
        ?.join(' ') ?? '';
    for (const name of ['SECRET_KEY', 'DATABASE_URL', 'REDIS_URL', 'ADMIN_SETUP_TOKEN']) {
      assert.doesNotMatch(environment, new RegExp(`\\b${name}=`));
      assert.match(environment, new RegExp(`\\b${name}_FILE=%d/`));
    }
  });

  test('the unit waits longer for its end than the service drains', () => {
    const [, seconds] = /^TimeoutStopSec=(\d+)$/m.exec(readFileSync(unit, 'utf8')) ?? [];
    const drain = readFileSync(join(deploy, '../src/process/drain.ts'), 'utf8');
    const [, milliseconds] = /shutdownMilliseconds = ([\d_]+)/.exec(drain) ?? [];
    assert.ok(Number(seconds) * 1000 > Number(milliseconds?.replaceAll('_', '')));
  });

  test('a bad host name is refused in one line, before anything is done', () => {
    for (const host of [
      '',
      'localhost',
      'Accounts.Example.com',
      'https://a.example',
      'a.example;reboot',
      '-a.b',
    ]) {
      const { status, stdout, stderr } = run(join(deploy, 'set-up-debian.sh'), host);
      assert.deepEqual([status, stdout], [1, ''], host);
      assert.match(stderr, /^start: failed - .*(host name|root)[^\n]*\n$/, host);
    }
    assert.ok(!existsSync('/etc/adl'));
  });
});
