import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { mountSmallDisk, withoutMounts } from '../faults/small-disk.ts';

const root = join(import.meta.dirname, '../..');
const adl = join(root, 'deploy/adl');
const entry = spawnSync('sh', ['scripts/require-bundle.sh', 'command/adl'], {
  cwd: root,
  encoding: 'utf8',
}).stdout.trim();
const secrets = ['secret-key', 'database-url', 'redis-url', 'admin-setup-token'];

/** A machine as set-up-debian.sh leaves it, which only the command given after it sees. */
const machine = `
mount -t overlay overlay -o "lowerdir=/etc,upperdir=$1/upper,workdir=$1/work" /etc
mount -t tmpfs tmpfs /opt
printf 'adl:x:64999:64999::/nonexistent:/usr/sbin/nologin\\n' >>/etc/passwd
printf 'adl:x:64999:\\n' >>/etc/group
mkdir -p /opt/adl/release /etc/adl/secrets
ln -s /opt/adl/release /opt/adl/current
ln -s ${root}/package.json /opt/adl/release
ln -s ${join(root, entry, '../..')} /opt/adl/release/bundle
ln -s ${root}/node_modules/.bin/node /opt/adl/release/node
chmod 700 /etc/adl/secrets
printf '# A comment\\nPUBLIC_URL=https://accounts.example.com\\nPROJECT_NAME=$(id) of "us"\\n' >/etc/adl/environment
printf '%s' "$SECRET" >/etc/adl/secrets/secret-key
printf 'postgresql://adl:word@127.0.0.1/adl' >/etc/adl/secrets/database-url
printf 'redis://adl:word@127.0.0.1' >/etc/adl/secrets/redis-url
printf '%s' "$SECRET" >/etc/adl/secrets/admin-setup-token
shift
exec "$@"`;

describe('the command line on a server', { skip: withoutMounts }, () => {
  test('it has the settings and secrets of the service, word for word, and runs as its user', (t) => {
    const place = mountSmallDisk(t, 16).path;
    for (const name of ['upper', 'work']) mkdirSync(join(place, name));
    const run = (...command: string[]) =>
      spawnSync('unshare', ['--mount', 'sh', '-euc', machine, 'sh', place, ...command], {
        encoding: 'utf8',
        env: { PATH: process.env.PATH, SECRET: randomBytes(36).toString('base64') },
        cwd: '/',
      });
    const checked = run(adl, 'config', 'check', '--json');
    assert.equal(checked.status, 0, checked.stderr);
    assert.deepEqual(JSON.parse(checked.stdout).environment, 'production');
    const shown = `rm /opt/adl/release/node
      printf '#!/bin/sh\nprintf "%%s %%s %%s" "$(id -un)" "$PROJECT_NAME" "$BACKUP_TO"' >/opt/adl/release/node
      chmod 755 /opt/adl/release/node; exec ${adl}`;
    assert.equal(run('sh', '-euc', shown).stdout, 'adl $(id) of "us" /var/lib/adl/backups');
    const failing = run(adl, 'migrate', '--json');
    assert.equal(failing.status === 0 || failing.stderr.includes('EACCES'), false, failing.stderr);
    const stranger = run(
      'setpriv',
      '--reuid=65534',
      '--regid=65534',
      '--clear-groups',
      adl,
      'keys',
    );
    assert.deepEqual([stranger.status, /needs root/.test(stranger.stderr)], [2, true]);
  });

  test('it looks for backups where the timer puts them', () => {
    const placeIn = (file: string) =>
      /\bBACKUP_TO=(\S+)/.exec(readFileSync(join(root, 'deploy', file), 'utf8'))?.[1];
    assert.equal(placeIn('adl'), placeIn('systemd/adl-backup.service'));
  });

  test('it reads every secret that the unit loads', () => {
    const unit = readFileSync(join(root, 'deploy/systemd/adl@.service'), 'utf8');
    const loaded = [...unit.matchAll(/^LoadCredential=([\w-]+):/gm)].map(([, name]) => name);
    const read = [...readFileSync(adl, 'utf8').matchAll(/\$\(secret ([\w-]+)\)/g)].map(
      ([, name]) => name,
    );
    assert.deepEqual(loaded, secrets);
    assert.deepEqual(read.toSorted(), secrets.toSorted());
  });
});
