import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';

const deploy = join(import.meta.dirname, '../../deploy');
const unit = join(deploy, 'systemd/adl@.service');
const backupUnit = join(deploy, 'systemd/adl-backup.service');

function run(command: string, ...parameters: string[]) {
  return spawnSync(command, parameters, { encoding: 'utf8', env: { PATH: process.env.PATH } });
}

const withoutSystemd = run('systemd-analyze', '--version').error
  ? 'systemd is not installed'
  : false;

describe('the service without containers', () => {
  test('the units are confined: an exposure below 1.5', { skip: withoutSystemd }, () => {
    for (const file of [unit, backupUnit]) {
      const { stdout, stderr } = run(
        'systemd-analyze',
        'security',
        '--offline=true',
        '--no-pager',
        file,
      );
      const [, score] = /exposure level for \S+: ([\d.]+)/.exec(stdout) ?? [];
      assert.ok(Number(score) < 1.5, stdout.slice(-200) + stderr);
    }
  });

  test('the backup runs every night with what the service is confined to, and is told no secret', () => {
    const [service, backup] = [unit, backupUnit].map((file) =>
      readFileSync(file, 'utf8').split('\n'),
    );
    const confinement = service?.slice(
      service.indexOf('NoNewPrivileges=yes'),
      service.indexOf('[Install]') - 1,
    );
    for (const line of confinement ?? []) assert.ok(backup?.includes(line), line);
    assert.doesNotMatch(backup?.join('\n') ?? '', /(SECRET_KEY|DATABASE_URL|identity)=/i);
    const timer = join(deploy, 'systemd/adl-backup.timer');
    assert.match(readFileSync(timer, 'utf8'), /^OnCalendar=\*-\*-\* /m);
    if (withoutSystemd === false) {
      const { status, stderr } = run('systemd-analyze', 'verify', '--recursive-errors=no', timer);
      assert.equal(status, 0, stderr);
    }
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
    const wasSetUp = existsSync('/etc/adl');
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
    assert.equal(existsSync('/etc/adl'), wasSetUp);
  });
});
