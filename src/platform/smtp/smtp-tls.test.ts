import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeCertificate, withoutOpenssl } from '../../../test/certificate.ts';
import { failureOf, mailTo, transportTo } from '../../../test/smtp-client.ts';
import { startSmtpSink } from '../../../test/smtp-sink.ts';

test('L04 a trusted server gets the mail and the password only over STARTTLS or TLS', {
  skip: withoutOpenssl,
}, async (t) => {
  const { key, cert } = makeCertificate(t, 'IP:127.0.0.1');
  for (const security of ['starttls', 'tls'] as const) {
    const sink = await startSmtpSink(t, {
      key,
      cert,
      secure: security === 'tls',
      authOptional: false,
    });
    const transport = transportTo(sink.port, {
      security,
      user: 'adl',
      password: 'correct',
      authorities: cert,
    });
    await transport.send(mailTo('ada@example.com'));
    assert.deepEqual(
      sink.mails.map(({ secure, user }) => ({ secure, user })),
      [{ secure: true, user: 'adl' }],
    );
  }
});

test('L04 without TLS or a trusted certificate neither mail nor password is sent', {
  skip: withoutOpenssl,
}, async (t) => {
  const trusted = makeCertificate(t, 'IP:127.0.0.1');
  const otherHost = makeCertificate(t, 'DNS:mail.other.test');
  const expired = makeCertificate(t, 'IP:127.0.0.1', {
    start: '20200101000000Z',
    end: '20200201000000Z',
  });
  let shown = 0;
  const onAuth = () => {
    shown += 1;
  };
  const plain = await startSmtpSink(t, {
    disabledCommands: ['STARTTLS'],
    authMethods: ['PLAIN', 'LOGIN'],
    onAuth,
  });
  const cases = [
    { sink: plain, authorities: trusted.cert },
    { sink: await startSmtpSink(t, { ...trusted, onAuth }), authorities: undefined },
    { sink: await startSmtpSink(t, { ...otherHost, onAuth }), authorities: otherHost.cert },
    { sink: await startSmtpSink(t, { ...expired, onAuth }), authorities: expired.cert },
  ];
  for (const [index, { sink, authorities }] of cases.entries()) {
    const transport = transportTo(sink.port, {
      security: 'starttls',
      user: 'adl',
      password: 'secret',
      ...(authorities && { authorities }),
    });
    const failure = await failureOf(transport.send(mailTo('ada@example.com')));
    assert.equal(failure.permanent, false);
    assert.ok(
      ['no trusted TLS', 'connection lost'].includes(failure.reason),
      `${index}: ${failure.reason}`,
    );
    assert.equal(sink.mails.length, 0);
  }
  assert.equal(shown, 0);
});
