import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chownSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startProgram } from '../deployment/program.ts';
import { eventually } from '../faults/eventually.ts';
import { findFreePort } from '../free-port.ts';
import { buildImage, makeBase, mountImage, unmountImages, withoutBuildah } from './buildah.ts';

const tag = 'localhost/adl-proxy';
const host = 'accounts.example.com';
const path = '/usr/sbin:/usr/bin:/sbin:/bin';

describe('the image of nginx, init and acme', { skip: withoutBuildah }, () => {
  let file: string;
  before(async () => {
    await makeBase();
    await buildImage(tag, 'DEBIAN_IMAGE', '--file=deploy/compose/proxy.Dockerfile', 'deploy');
    file = await mountImage(tag);
  });
  after(unmountImages);

  test('its init makes what every service reads, and its nginx serves with that certificate', async (t) => {
    mkdirSync(join(file, 'given'));
    for (const name of ['certificate.pem', 'key.pem']) writeFileSync(join(file, 'given', name), '');
    const command = [file, '/opt/adl/compose/init.sh'];
    const { status, stdout, stderr } = spawnSync('chroot', command, {
      encoding: 'utf8',
      env: { PATH: path, PUBLIC_HOST: host },
    });
    assert.deepEqual([status, stderr], [0, '']);
    assert.match(stdout, /secrets: ok/);
    assert.match(
      readFileSync(join(file, 'secrets/redis/redis.conf'), 'utf8'),
      /user adl on #[0-9a-f]{64} /,
    );
    const made = ['grafana', 'mail', 'own', 'postgres', 'proxy', 'redis', 'server'];
    assert.deepEqual(readdirSync(join(file, 'secrets')).toSorted(), made);

    mkdirSync(join(file, 'run/nginx'));
    chownSync(join(file, 'run/nginx'), 33, 33);
    const env = {
      PATH: path,
      PUBLIC_HOST: host,
      REPLICAS: `127.0.0.1:${await findFreePort()}`,
      LISTEN_ADDRESSES: '127.0.0.1',
      HTTP_PORT: String(await findFreePort()),
      HTTPS_PORT: String(await findFreePort()),
      ACCESS_LOG: '/run/nginx/access.log',
      ERROR_LOG: '/run/nginx/error.log',
    };
    const asUser = ['chroot', '--userspec=33:33', '--groups=', file];
    startProgram(t, [...asUser, '/opt/adl/compose/nginx.sh'], { env });
    const ask = () => {
      const its = ['--cacert', '/secrets/proxy/certificate.pem', '--resolve'];
      const url = `https://${host}:${env.HTTPS_PORT}/health`;
      const where = `${host}:${env.HTTPS_PORT}:127.0.0.1`;
      const { stdout: answer } = spawnSync(
        asUser[0] ?? '',
        [...asUser.slice(1), 'curl', '-s', ...its, where, url],
        {
          encoding: 'utf8',
          env: { PATH: path },
        },
      );
      return answer;
    };
    // There is no server behind it.
    await eventually('nginx answers', () => ask().startsWith('{"error":"ServiceUnavailableError"'));
  });
});
