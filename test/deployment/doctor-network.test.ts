import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { makeCertificate } from '../certificate.ts';
import { temporaryDirectory } from '../command-line.ts';
import type { ServerProcess } from '../faults/server-process.ts';
import { findFreePort } from '../free-port.ts';
import { type Carelessness, startCarelessProxy } from './careless-proxy.ts';
import { shareDeployment, withoutServers } from './deployment.ts';
import { publicHost } from './nginx.ts';
import { assertFound, type Diagnosis, runDoctor } from './run-doctor.ts';

const proxyAddress = '127.0.0.9';
const elsewhere = 'https://evil.example';
const day = 24 * 60 * 60 * 1000;

describe('adl doctor before a proxy that is set up wrongly', { skip: withoutServers }, () => {
  const deployment = shareDeployment();

  test('an untrusted proxy, an expired certificate, missing and doubled headers, http', async (t) => {
    const { of, code } = await diagnose(t, deployment.current.replicas[0], {
      forwardedFor: 'set',
      from: proxyAddress,
      tls: makeCertificate(t, `DNS:${publicHost}`, { end: stamp(-day) }),
      headers: { 'strict-transport-security': undefined, 'x-frame-options': ['DENY', 'DENY'] },
      plain: 'serve',
    });
    assert.equal(code, 4);
    assertFound(
      of('client address'),
      'failed',
      /127\.0\.0\.9, which TRUSTED_PROXIES lacks/,
      /^Set TRUSTED_PROXIES=127\.0\.0\.9\/32$/,
    );
    assertFound(of('tls'), 'failed', /has expired/, /Renew/);
    assertFound(
      of('headers'),
      'failed',
      /\/health has no strict-transport-security/,
      /max-age=63072000/,
    );
    assertFound(
      of('headers'),
      'failed',
      /\/health has x-frame-options 2 times/,
      /not add it again/,
    );
    assertFound(of('plain http'), 'failed', /pages are served over http/, /Redirect them to https/);
    assertFound(of('plain http'), 'failed', /API answers over http \(status 422\)/, /403/);
  });

  test('forged addresses, a certificate for another name, TLS 1.1, http to elsewhere', async (t) => {
    const replica = await deployment.current.startReplica({
      TRUSTED_PROXIES: `${proxyAddress}/32`,
    });
    const { of } = await diagnose(t, replica, {
      forwardedFor: 'pass',
      from: proxyAddress,
      tls: {
        ...makeCertificate(t, 'DNS:other.example.com'),
        minVersion: 'TLSv1.1',
        ciphers: 'DEFAULT:@SECLEVEL=0',
      },
      plain: { redirect: elsewhere },
      own: { '/metrics': 200 },
      host: 'inner.example.com',
      scheme: 'http',
    });
    assertFound(
      of('client address'),
      'failed',
      /any client can claim any address/,
      /set X-Forwarded-For itself/,
    );
    assertFound(of('tls'), 'failed', /not for accounts\.example\.com/, /Get one for/);
    assertFound(of('tls'), 'failed', /TLSv1\.1 is accepted/, /ssl_protocols/);
    assertFound(of('plain http'), 'failed', /leads elsewhere/, /Redirect to https:\/\/accounts/);
    assertFound(of('plain http'), 'warning', /API over http is redirected/, /403/);
    assertFound(of('headers'), 'failed', /\/metrics is open to the public/, /METRICS_ALLOW/);
    assertFound(
      of('public url'),
      'warning',
      /sees the host inner\.example\.com/,
      /proxy_set_header Host/,
    );
    assertFound(of('public url'), 'warning', /the proxy says http/, /X-Forwarded-Proto/);
  });

  test('a proxy that tells no address, a certificate that ends soon, another policy', async (t) => {
    const replica = await deployment.current.startReplica({
      TRUSTED_PROXIES: `${proxyAddress}/32`,
    });
    const { of } = await diagnose(t, replica, {
      forwardedFor: 'drop',
      from: proxyAddress,
      tls: makeCertificate(t, `DNS:${publicHost}`, { end: stamp(5 * day) }),
      headers: { 'strict-transport-security': 'max-age=60', 'content-security-policy': '*' },
    });
    assertFound(
      of('client address'),
      'failed',
      /does not say who the client is/,
      /proxy_set_header X-Forwarded-For/,
    );
    assertFound(of('tls'), 'warning', /ends in [45] days/, /Renew/);
    assertFound(of('headers'), 'warning', /another strict-transport-security/, /leave it/);
    assertFound(of('headers'), 'warning', /another content-security-policy/, /leave it/);
    assertFound(of('plain http'), 'ok', /no http there/);
  });

  test('from a machine that is trusted itself, an appended address is a warning alone', async (t) => {
    const replica = await deployment.current.startReplica({ TRUSTED_PROXIES: '127.0.0.0/8' });
    const tls = makeCertificate(t, `DNS:${publicHost}`);
    const { of } = await diagnose(t, replica, { forwardedFor: 'append', from: proxyAddress, tls });
    assertFound(
      of('client address'),
      'warning',
      /127\.0\.0\.1\) is in TRUSTED_PROXIES/,
      /machine outside/,
    );
  });

  test('another deployment at the address, and an untrusted certificate', async (t) => {
    const [replica] = deployment.current.replicas;
    const tls = makeCertificate(t, `DNS:${publicHost}`);
    const secret = randomBytes(48).toString('base64');
    const strange = { ...replica, env: { ...replica?.env, SECRET_KEY: secret } } as ServerProcess;
    const { of, output } = await diagnose(
      t,
      { ...strange, trustsNobody: true },
      { forwardedFor: 'set', tls },
    );
    assertFound(
      of('public url'),
      'failed',
      /something else answers .*\(status 404\)/,
      /same SECRET_KEY/,
    );
    assertFound(of('client address'), 'skipped', /no request arrived/);
    assertFound(of('tls'), 'failed', /not trusted \(DEPTH_ZERO_SELF_SIGNED_CERT\)/, /whole chain/);
    assert.ok(!output.includes(secret));
  });

  test('a proxy without a service, and an address where nobody listens', async (t) => {
    const [replica] = deployment.current.replicas;
    const tls = makeCertificate(t, `DNS:${publicHost}`);
    const own = { '/health/arrival': 502 };
    const broken = await diagnose(t, replica, { forwardedFor: 'set', tls, own });
    assertFound(broken.of('public url'), 'failed', /the proxy answers 502/, /Start the service/);
    const port = await findFreePort();
    const env = { ...replica?.env, PUBLIC_URL: `https://${publicHost}:${port}` };
    const { of, seconds } = await runDoctor(env, ['--address', '127.0.0.1']);
    assertFound(of('public url'), 'failed', /does not answer \(ECONNREFUSED\)/, /Start the proxy/);
    assertFound(of('tls'), 'failed', /no TLS connection/, /serve TLS/);
    assert.ok(seconds < 15, `${seconds} s`);
  });
});

type Target = (ServerProcess & { trustsNobody?: boolean }) | undefined;

async function diagnose(t: TestContext, replica: Target, how: Carelessness): Promise<Diagnosis> {
  assert.ok(replica);
  const { port, plainPort } = await startCarelessProxy(t, replica.port, how);
  const file = join(temporaryDirectory(t), 'certificate.pem');
  writeFileSync(file, String(how.tls.cert));
  const trust: Record<string, string> = replica.trustsNobody ? {} : { NODE_EXTRA_CA_CERTS: file };
  const env = { ...replica.env, ...trust, PUBLIC_URL: `https://${publicHost}:${port}` };
  return runDoctor(env, ['--address', '127.0.0.1', '--http-port', String(plainPort)]);
}

/** As openssl writes times. */
function stamp(fromNow: number): string {
  return new Date(Date.now() + fromNow).toISOString().replaceAll(/[-:T]|\.\d+/g, '');
}
