import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chownSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { connect, type PeerCertificate } from 'node:tls';
import { makeCertificate } from '../certificate.ts';
import { eventually } from '../faults/eventually.ts';
import { startServer } from '../faults/server-process.ts';
import { findFreePort } from '../free-port.ts';
import { publicHost, withoutNginx } from './nginx.ts';
import { startProgram } from './program.ts';

const directoryOfScripts = join(import.meta.dirname, '../../deploy/compose');
const withoutRoot = process.getuid?.() === 0 ? false : 'only root starts it as another account';
const account = { uid: 33, gid: 33 };
const path = `${process.env.PATH}:/usr/sbin`;

describe('nginx of compose.yaml', { skip: withoutNginx || withoutRoot }, () => {
  test('without root it serves the template, is healthy while a server answers, and ends gracefully', async (t) => {
    const server = await startServer(t);
    const { nginx, env, certificate } = await startNginx(t, server.port);
    const peer = await eventuallyConnect(Number(env.HTTPS_PORT), certificate());
    assert.equal(peer.subjectaltname, `DNS:${publicHost}`);
    const health = () =>
      spawnSync(join(directoryOfScripts, 'is-up.sh'), { env: { ...env, PATH: path } }).status;
    assert.equal(health(), 0);
    await server.kill9();
    assert.notEqual(health(), 0);
    process.kill(nginx.pid, 'SIGQUIT');
    assert.equal(await nginx.exited, 0, nginx.output());
  });

  test('a renewed certificate is taken up by the running nginx', async (t) => {
    const { nginx, env, certificate, renew } = await startNginx(t, await findFreePort());
    const port = Number(env.HTTPS_PORT);
    const first = await eventuallyConnect(port, certificate());
    renew();
    await eventually('the new one', async () => {
      const now = await peerCertificate(port, certificate());
      return now !== null && now.fingerprint256 !== first.fingerprint256;
    });
    assert.ok(nginx.isRunning());
  });
});

async function startNginx(t: TestContext, replica: number) {
  const directory = mkdtempSync(join(tmpdir(), 'adl-compose-nginx-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  chownSync(directory, account.uid, account.gid);
  const file = (name: string) => join(directory, name);
  let certificate = '';
  const renew = () => {
    const { cert, key } = makeCertificate(t, `DNS:${publicHost}`);
    certificate = cert;
    for (const [name, text] of Object.entries({ 'key.pem': key, 'certificate.pem': cert })) {
      writeFileSync(file(`${name}.new`), text, { mode: 0o600 });
      chownSync(file(`${name}.new`), account.uid, account.gid);
      renameSync(file(`${name}.new`), file(name));
    }
  };
  renew();
  const env = {
    PUBLIC_HOST: publicHost,
    REPLICAS: `127.0.0.1:${replica} 127.0.0.1:${await findFreePort()}`,
    TLS_CERTIFICATE: file('certificate.pem'),
    TLS_KEY: file('key.pem'),
    NGINX_RUN: file('run'),
    ACCESS_LOG: file('access.log'),
    ERROR_LOG: file('error.log'),
    LISTEN_ADDRESSES: '127.0.0.1',
    HTTP_PORT: String(await findFreePort()),
    HTTPS_PORT: String(await findFreePort()),
    RENEWAL_SECONDS: '0.2',
    TZ: 'UTC',
  };
  const nginx = startProgram(t, [join(directoryOfScripts, 'nginx.sh')], {
    ...account,
    env: { ...env, PATH: path },
  });
  return { nginx, env, renew, certificate: () => certificate };
}

async function eventuallyConnect(port: number, ca: string): Promise<PeerCertificate> {
  let peer: PeerCertificate | null = null;
  await eventually('nginx listens', async () => {
    peer = await peerCertificate(port, ca);
    return peer !== null;
  });
  return peer as unknown as PeerCertificate;
}

/** Null if the connection fails or the certificate is not the one trusted. */
function peerCertificate(port: number, ca: string): Promise<PeerCertificate | null> {
  const { promise, resolve } = Promise.withResolvers<PeerCertificate | null>();
  const socket = connect({ port, host: '127.0.0.1', servername: publicHost, ca }, () => {
    resolve(socket.getPeerCertificate());
    socket.destroy();
  });
  socket.on('error', () => resolve(null));
  return promise;
}
