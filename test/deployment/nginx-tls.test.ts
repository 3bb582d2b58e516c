import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect as connectH2 } from 'node:http2';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { withoutOpenssl } from '../certificate.ts';
import { forAll } from '../expected-headers.ts';
import { type Nginx, publicHost, startNginx, withoutNginx } from './nginx.ts';

type Handshake = { agreed: boolean; output: string };

describe('TLS', { skip: withoutNginx || withoutOpenssl }, () => {
  const ends: (() => unknown)[] = [];
  let nginx: Nginx;
  before(async () => {
    nginx = await startNginx({ after: (end) => void ends.push(end) }, [1]);
  });
  after(async () => {
    for (const end of ends.toReversed()) await end();
  });

  test('J12 TLS 1.0 and 1.1 are refused, 1.2 and 1.3 are accepted', async () => {
    // SECLEVEL=0: else openssl itself would not offer the old versions.
    for (const old of ['-tls1', '-tls1_1']) await refused(old, '-cipher', 'ALL:@SECLEVEL=0');
    for (const [version, shown] of [
      ['-tls1_2', 'TLSv1.2'],
      ['-tls1_3', 'TLSv1.3'],
    ] as const) {
      const { agreed, output } = await handshake(version);
      assert.ok(agreed && output.includes(shown), output.slice(-500));
    }
  });

  test('J12 CBC, RSA key exchange, DHE and 3DES are refused, the AEAD suites accepted', async () => {
    for (const weak of [
      'AES128-SHA',
      'AES256-GCM-SHA384',
      'ECDHE-ECDSA-AES128-SHA',
      'ECDHE-ECDSA-AES256-SHA384',
      'DHE-RSA-AES128-GCM-SHA256',
      'DES-CBC3-SHA',
      'ECDHE-ECDSA-NULL-SHA',
    ]) {
      await refused('-tls1_2', '-cipher', `${weak}:@SECLEVEL=0`);
    }
    for (const strong of ['AES128-GCM-SHA256', 'AES256-GCM-SHA384', 'CHACHA20-POLY1305']) {
      const { agreed, output } = await handshake('-tls1_2', '-cipher', `ECDHE-ECDSA-${strong}`);
      assert.ok(agreed, output.slice(-500));
    }
  });

  test('J12 an unknown name and a client without SNI are refused in the handshake', async () => {
    await refused('-servername', 'evil.example');
    await refused('-noservername');
  });

  test('J12 the client cannot renegotiate, and gets no session ticket', async () => {
    const { output } = await handshake('-tls1_2', 'R');
    assert.match(output, /no renegotiation|RENEGOTIATING[\s\S]*error/i);
    const { output: other } = await handshake('-tls1_2');
    assert.doesNotMatch(other, /TLS session ticket/);
  });

  test('J12 HTTP/2 is offered; its answers have each header once', async () => {
    const session = connectH2(`https://${publicHost}:${nginx.port}`, {
      ca: nginx.certificate,
      lookup: (_name, options, done) =>
        options.all
          ? done(null, [{ address: '127.0.0.1', family: 4 }])
          : done(null, '127.0.0.1', 4),
    });
    const stream = session.request({ ':path': '/metrics' });
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
    assert.equal(headers[':status'], 404);
    for (const [name, value] of Object.entries(forAll)) assert.equal(headers[name], value, name);
    assert.equal(JSON.parse(await text(stream)).error, 'NotFoundError');
    session.close();
  });

  async function refused(...options: string[]): Promise<void> {
    const { agreed, output } = await handshake(...options);
    assert.ok(!agreed, `${options.join(' ')}: ${output.slice(-500)}`);
  }

  /** With `R` as the last option, the client asks to renegotiate. */
  async function handshake(...options: string[]): Promise<Handshake> {
    const asksAgain = options.at(-1) === 'R';
    const given = asksAgain ? options.slice(0, -1) : options;
    const names = given.some((option) => option.endsWith('servername'))
      ? []
      : ['-servername', publicHost];
    const run = promisify(execFile)('openssl', [
      's_client',
      '-connect',
      `127.0.0.1:${nginx.port}`,
      ...names,
      ...given,
    ]);
    // A refused client may be gone already.
    run.child.stdin?.on('error', () => {}).end(asksAgain ? 'R\n' : 'Q\n');
    const { stdout, stderr, failed } = await run.then(
      (done) => ({ ...done, failed: false }),
      (error: { stdout: string; stderr: string }) => ({ ...error, failed: true }),
    );
    const output = stdout + stderr;
    return { agreed: !failed && /New, [^,]+, Cipher is (?!\(NONE\))/.test(output), output };
  }
});
