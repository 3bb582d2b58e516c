import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../../test/faults/eventually.ts';
import { failureOf, mailTo, senderSettings, transportTo } from '../../../test/smtp-client.ts';
import { startSmtpSink } from '../../../test/smtp-sink.ts';

test('L03 a mail has one To, the fixed From, a Message-ID of its id, text and HTML', async (t) => {
  const sink = await startSmtpSink(t);
  const mail = mailTo('Ada.Lovelace@example.com', {
    text: `${'word '.repeat(60)}\nÄ 😀`,
    html: `<p>${'x'.repeat(3000)}</p>`,
  });
  await transportTo(sink.port).send(mail);
  const [received] = sink.mails;
  assert.ok(received);
  const { parsed, raw } = received;
  assert.deepEqual(received.recipients, [mail.to]);
  assert.equal(received.from, 'adl@service.test');
  const headers = parsed.headerLines.map(({ key }) => key);
  assert.deepEqual(headers.toSorted(), [
    'auto-submitted',
    'content-type',
    'date',
    'from',
    'message-id',
    'mime-version',
    'subject',
    'to',
  ]);
  assert.equal(parsed.messageId, `<${mail.id}@service.test>`);
  assert.deepEqual(parsed.from?.value, [
    { address: 'adl@service.test', name: senderSettings.fromName },
  ]);
  assert.equal(parsed.headers.get('auto-submitted'), 'auto-generated');
  assert.equal(parsed.subject, mail.subject);
  assert.match(parsed.text ?? '', /Ä 😀/);
  assert.match(String(parsed.html), /<p>x{3000}<\/p>/);
  for (const line of raw.split('\r\n')) assert.ok(line.length <= 998);
  assert.ok(Math.abs(Date.now() - (parsed.date?.getTime() ?? 0)) < 60_000);
});

test('a mail keeps its Message-ID on every attempt', async (t) => {
  const sink = await startSmtpSink(t, {
    script: { recipient: (_, attempt) => (attempt === 1 ? { code: 451 } : null) },
  });
  const transport = transportTo(sink.port);
  const mail = mailTo('ada@example.com');
  assert.deepEqual(await failureOf(transport.send(mail)), {
    reason: 'smtp 451 rcpt',
    permanent: false,
  });
  await transport.send(mail);
  await transport.send(mail);
  assert.deepEqual(
    new Set(sink.mails.map(({ parsed }) => parsed.messageId)),
    new Set([`<${mail.id}@service.test>`]),
  );
});

test('L05 no body can end the message early or add a recipient (SMTP smuggling)', async (t) => {
  const sink = await startSmtpSink(t);
  const transport = transportTo(sink.port);
  const ends = ['\r\n.\r\n', '\n.\n', '\r.\r', '\r\n.\n', '\n.\r\n', '.\r\n.', '\r\n..\r\n'];
  for (const end of ends) {
    const smuggled = `before${end}MAIL FROM:<evil@evil.test>\r\nRCPT TO:<victim@example.com>\r\nDATA\r\nafter${end}end`;
    await transport.send(
      mailTo('ada@example.com', { text: smuggled, html: `<pre>${smuggled}</pre>` }),
    );
  }
  assert.equal(sink.mails.length, ends.length);
  for (const { recipients, parsed } of sink.mails) {
    assert.deepEqual(recipients, ['ada@example.com']);
    assert.match(parsed.text ?? '', /before[\s\S]*after[\s\S]*end/);
  }
});

test('B09 a recipient that is not one plain address is refused', async (t) => {
  const sink = await startSmtpSink(t);
  const transport = transportTo(sink.port);
  for (const to of [
    'a@x.test,b@y.test',
    'A <a@x.test>',
    'a@x.test\r\nBcc: b@y.test',
    'a@x.test\n',
    'a b@x.test',
    '',
  ]) {
    const { permanent, reason } = await failureOf(transport.send(mailTo(to)));
    assert.deepEqual({ permanent, reason }, { permanent: true, reason: 'not one plain address' });
  }
  assert.equal(sink.attempts.size, 0);
});

test('FI-18 a 5yz reply to recipient or message is permanent, a 4yz reply is not', async (t) => {
  const codes: Record<string, number> = {
    'no@x.test': 550,
    'full@x.test': 552,
    'busy@x.test': 450,
    'grey@x.test': 451,
  };
  const sink = await startSmtpSink(t, {
    script: {
      recipient: (address) =>
        codes[address] ? { code: codes[address], text: 'secret words of the server' } : null,
      message: ({ recipients }) => (recipients[0] === 'spam@x.test' ? { code: 554 } : null),
    },
  });
  const transport = transportTo(sink.port);
  for (const [to, reason, permanent] of [
    ['no@x.test', 'smtp 550 rcpt', true],
    ['full@x.test', 'smtp 552 rcpt', true],
    ['busy@x.test', 'smtp 450 rcpt', false],
    ['grey@x.test', 'smtp 451 rcpt', false],
    ['spam@x.test', 'smtp 554 data', true],
  ] as const) {
    assert.deepEqual(await failureOf(transport.send(mailTo(to))), { reason, permanent }, to);
  }
  const ofSender = await startSmtpSink(t, {
    onMailFrom: (_address, _session, done) =>
      done(Object.assign(new Error('no'), { responseCode: 550 })),
  });
  const failure = await failureOf(transportTo(ofSender.port).send(mailTo('ada@example.com')));
  assert.deepEqual(
    failure,
    { reason: 'smtp 550 mail', permanent: false },
    'the operator must fix the sender',
  );
});

test('FI-15 FI-39 a server that is down or an unknown host name is retried', async (t) => {
  const sink = await startSmtpSink(t);
  await sink.close();
  const away = await failureOf(transportTo(sink.port).send(mailTo('ada@example.com')));
  assert.deepEqual(away, { reason: 'connection refused', permanent: false });
  const nameless = transportTo(25, { host: 'no-such-host.invalid' });
  const begun = performance.now();
  const { permanent } = await failureOf(nameless.send(mailTo('ada@example.com')));
  assert.equal(permanent, false);
  assert.ok(performance.now() - begun < 3000);
  await sink.reopen();
  await transportTo(sink.port).send(mailTo('ada@example.com'));
  assert.equal(sink.mails.length, 1);
});

test('FI-16 a server that stalls before or after the message costs a bounded time', async (t) => {
  const silent = await startTarpit(t, () => {});
  const slow = await startTarpit(t, (socket) => {
    const timer = setInterval(() => socket.write('2'), 50);
    socket.on('close', () => clearInterval(timer));
  });
  const babbling = await startTarpit(t, (socket) => {
    const timer = setInterval(() => socket.write('220-still here\r\n'), 50);
    socket.on('close', () => clearInterval(timer));
  });
  const stalling = await startSmtpSink(t, { script: { message: () => 'stall' } });
  for (const { port, closed } of [silent, slow, babbling, { port: stalling.port, closed: null }]) {
    const begun = performance.now();
    assert.equal(
      (await failureOf(transportTo(port).send(mailTo('ada@example.com')))).permanent,
      false,
    );
    assert.ok(performance.now() - begun < 2500, `${performance.now() - begun} ms`);
    // The socket is closed too, so that sockets of retries do not accumulate.
    await closed?.();
  }
});

test('a connection lost before the final reply is retried with the same Message-ID', async (t) => {
  const sink = await startSmtpSink(t, {
    script: { message: (_, attempt) => (attempt === 1 ? 'cut' : null) },
  });
  const transport = transportTo(sink.port);
  const mail = mailTo('ada@example.com');
  assert.equal((await failureOf(transport.send(mail))).permanent, false);
  await transport.send(mail);
  const ids = sink.mails.map(({ parsed }) => parsed.messageId);
  assert.deepEqual(ids, [ids[0], ids[0]]);
});

test('at most one mail at a time is between its last byte and its record', async (t) => {
  const open = new Set<string>();
  let most = 0;
  const sink = await startSmtpSink(t, {
    script: {
      message: ({ parsed }) => {
        open.add(String(parsed.messageId));
        most = Math.max(most, open.size);
        return null;
      },
    },
  });
  const transport = transportTo(sink.port);
  const mails = Array.from({ length: 12 }, (_, index) => mailTo(`person${index}@example.com`));
  await Promise.all(
    mails.map((mail) =>
      transport.send(mail, async () => {
        // Recording takes time.
        await sleep(5);
        open.delete(`<${mail.id}@service.test>`);
      }),
    ),
  );
  assert.equal(sink.mails.length, 12);
  assert.equal(most, 1);
});

test('a mail without a reply, or whose record fails, delays the next only briefly', async (t) => {
  const sink = await startSmtpSink(t, {
    script: { message: ({ recipients }) => (recipients[0] === 'stall@x.test' ? 'stall' : null) },
  });
  const transport = transportTo(sink.port);
  const stalled = failureOf(transport.send(mailTo('stall@x.test')));
  await eventually('the stalled mail is sent completely', () => sink.attempts.has('stall@x.test'));
  const unnoted = transport.send(mailTo('unnoted@x.test'), () =>
    Promise.reject(new Error('no database')),
  );
  await assert.rejects(unnoted, /no database/);
  const begun = performance.now();
  await transport.send(mailTo('ada@example.com'));
  assert.ok(performance.now() - begun < 800);
  assert.equal(sink.mails.length, 2);
  assert.deepEqual(await stalled, { reason: 'timeout', permanent: false });
});

test('a reason contains no host, no address and no text of the server', async (t) => {
  const sink = await startSmtpSink(t, {
    script: { recipient: () => ({ code: 451, text: 'ada@example.com at db.internal' }) },
  });
  const { reason } = await failureOf(transportTo(sink.port).send(mailTo('ada@example.com')));
  assert.match(reason, /^[a-zA-Z0-9 ]{1,40}$/);
  assert.doesNotMatch(reason, /internal|ada/);
});

async function startTarpit(t: TestContext, greet: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    greet(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const closed = async (): Promise<void> => {
    for (const socket of sockets)
      if (!socket.closed) await once(socket, 'close', { signal: AbortSignal.timeout(2000) });
  };
  return { port: (server.address() as AddressInfo).port, closed };
}
