import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { temporaryDirectory } from '../command-line.ts';
import { mountSmallDisk, withoutMounts } from '../faults/small-disk.ts';
import { findFreePort } from '../free-port.ts';
import { startRedis } from '../redis-server.ts';
import { type SmtpSink, startSmtpSink } from '../smtp-sink.ts';
import { shareDeployment, withoutServers } from './deployment.ts';
import { type NameServer, startNameServer } from './name-server.ts';
import { publicHost } from './nginx.ts';
import { assertFound, runDoctor } from './run-doctor.ts';

const recommended = {
  PASSWORD_MIN_LENGTH: '15',
  ADMIN_PASSWORD_MIN_LENGTH: '15',
  REQUIRE_ADMIN_SECOND_FACTOR: 'true',
};
const goodRecords = {
  'mail.example.com': ['unrelated', 'v=spf1 mx -all'],
  's1._domainkey.mail.example.com': [`v=DKIM1; k=rsa; p=${'A'.repeat(390)}`],
  '_dmarc.example.com': ['v=DMARC1; p=reject; rua=mailto:postmaster@example.com'],
};

describe('adl doctor on a deployment', { skip: withoutServers }, () => {
  const deployment = shareDeployment();

  test('finds nothing to do where all is well, and ends in time with 0', async (t) => {
    const { env, options } = await surroundings(t);
    const { findings, code, seconds, output } = await runDoctor(env, options);
    const bad = findings.filter(({ status }) => status === 'warning' || status === 'failed');
    assert.deepEqual([bad, code], [[], 0], output);
    const names = new Set(
      findings.filter(({ status }) => status === 'ok').map(({ check }) => check),
    );
    const all = [
      'configuration',
      'disk',
      'database',
      'clock',
      'durability',
      'rights',
      'version',
      'secret',
      'signing keys',
    ];
    const network = [
      'public url',
      'client address',
      'tls',
      'plain http',
      'headers',
      'redis',
      'smtp',
    ];
    assert.deepEqual([...names], [...all, ...network, 'mail domain']);
    assert.ok(seconds < 15, `${seconds} s`);
    const { SECRET_KEY = '', ADMIN_SETUP_TOKEN = '', DATABASE_URL = '', REDIS_URL = '' } = env;
    const passwords = [DATABASE_URL, REDIS_URL].map((url) =>
      decodeURIComponent(new URL(url).password),
    );
    for (const secret of [SECRET_KEY, ADMIN_SETUP_TOKEN, ...passwords])
      assert.ok(!output.includes(secret));
  });

  test('a warning is a fault with --strict only; --mail-to sends a mail', async (t) => {
    const { env, options, sink } = await surroundings(t);
    const weak = { ...env, PASSWORD_MIN_LENGTH: '8' };
    const { code, of } = await runDoctor(weak, [...options, '--mail-to', 'somebody@example.com']);
    assert.equal(code, 0);
    assertFound(of('configuration'), 'warning', /15 are recommended/, /Raise PASSWORD_MIN_LENGTH/);
    assertFound(of('smtp'), 'ok', /has accepted a mail/);
    assert.deepEqual(sink.mails[0]?.recipients, ['somebody@example.com']);
    assert.equal((await runDoctor(weak, [...options, '--strict'])).code, 4);
  });

  test('without mail server and Redis: what refuses, and what does not answer, and what to do', async (t) => {
    const { env, options, sink, names } = await surroundings(t);
    await sink.close();
    names.mode = 'fail';
    const redis = await startRedis(t);
    await redis.command('ACL', 'SETUSER', 'adl', 'on', '>password', '~other:*', '+get');
    const changed = { ...env, REDIS_URL: redis.url.replace('redis://', 'redis://adl:password@') };
    const { of, code } = await runDoctor(changed, options);
    assert.equal(code, 4);
    assertFound(of('smtp'), 'failed', /connection refused/, /start the mail server/);
    assertFound(of('mail domain'), 'skipped', /DNS does not answer here \(ESERVFAIL\)/);
    assertFound(of('redis'), 'failed', /may not count/, /ACL SETUSER <user> ~adl:limit:\* \+eval/);
    const port = await findFreePort();
    const away = { ...env, REDIS_URL: `redis://127.0.0.1:${port}` };
    assertFound((await runDoctor(away, options)).of('redis'), 'failed', /ECONNREFUSED/, /Start it/);
  });

  test('refused credentials of both, and records that let everybody send', async (t) => {
    const refuse = {
      disabledCommands: ['STARTTLS'],
      allowInsecureAuth: true,
      onAuth: (_auth: unknown, _session: unknown, done: (error: Error) => void) =>
        done(new Error('no')),
    };
    const { env, options, names } = await surroundings(t, refuse);
    names.records = {
      'mail.example.com': ['v=spf1 +all'],
      's1._domainkey.mail.example.com': ['v=DKIM1; p='],
      '_dmarc.mail.example.com': ['v=DMARC1; p=none'],
    };
    const login = { SMTP_USER: 'adl', SMTP_PASSWORD: 'wrong-password-of-mail' };
    const url = (env.REDIS_URL ?? '').replace(/:[^:@]+@/, ':wrong-password-of-redis@');
    const { of, output } = await runDoctor({ ...env, ...login, REDIS_URL: url }, options);
    assertFound(of('smtp'), 'failed', /authentication refused/, /SMTP_USER and SMTP_PASSWORD/);
    assertFound(of('redis'), 'failed', /credentials were refused/, /REDIS_URL/);
    assertFound(of('mail domain'), 'failed', /allows everybody/, /-all or ~all/);
    assertFound(of('mail domain'), 'failed', /is revoked/, /key in use/);
    assertFound(of('mail domain'), 'warning', /p=none/, /p=reject/);
    assert.doesNotMatch(output, /wrong-password/);
    names.records = { 'mail.example.com': ['v=spf1 -all', 'v=spf1 mx -all'] };
    const { of: second } = await runDoctor(env, options);
    assertFound(second('mail domain'), 'failed', /has 2 records/, /one alone/);
    assertFound(second('mail domain'), 'failed', /DKIM: .* has no key/, /Publish the public key/);
    assertFound(
      second('mail domain'),
      'warning',
      /DMARC: .* has no record/,
      /_dmarc\.mail\.example\.com/,
    );
  });

  test('a full disk is told with its directory', { skip: withoutMounts }, async (t) => {
    const disk = mountSmallDisk(t, 8);
    const { env, options } = await surroundings(t);
    assertFound((await runDoctor(env, options, { cwd: disk.path })).of('disk'), 'ok', /8 MiB/);
    disk.fill();
    const { of, code } = await runDoctor(env, options, { cwd: disk.path });
    assertFound(of('disk'), 'failed', /0 MiB free of 8/, new RegExp(disk.path));
    assert.equal(code, 4);
  });

  test('a bad option or configuration is said before anything is asked', async (t) => {
    const { env } = await surroundings(t);
    for (const wrong of [
      ['--address', 'name'],
      ['--http-port', '0'],
      ['--mail-to', 'x'],
      ['--dns-server', 'y'],
    ]) {
      const { code, output } = await runDoctor(env, wrong);
      assert.equal(code, 2, output);
    }
    const { code, output } = await runDoctor({ ...env, PORT: 'many' });
    assert.deepEqual([code, /PORT/.test(output)], [2, true]);
  });

  async function surroundings(t: TestContext, smtp: Parameters<typeof startSmtpSink>[1] = {}) {
    const { nginx, replicas } = deployment.current;
    const sink: SmtpSink = await startSmtpSink(t, smtp);
    const names: NameServer = await startNameServer(t);
    names.records = goodRecords;
    const file = join(temporaryDirectory(t), 'certificate.pem');
    writeFileSync(file, nginx.certificate);
    const env: Record<string, string> = {
      ...replicas[0]?.env,
      ...recommended,
      PUBLIC_URL: `https://${publicHost}:${nginx.port}`,
      NODE_EXTRA_CA_CERTS: file,
      SMTP_HOST: '127.0.0.1',
      SMTP_PORT: String(sink.port),
      SMTP_SECURITY: 'none',
      SMTP_FROM_EMAIL: 'accounts@mail.example.com',
    };
    const place = ['--address', '127.0.0.1', '--http-port', String(nginx.plainPort)];
    const options = [...place, '--dkim-selector', 's1', '--dns-server', names.address];
    return { env, options, sink, names };
  }
});
