import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failureOf, mailTo, transportTo } from '../../../test/smtp-client.ts';
import { startSmtpSink } from '../../../test/smtp-sink.ts';
import { createLogger } from '../logging/logger.ts';
import { registry } from '../metrics/registry.ts';
import { watchTransport } from './watched-transport.ts';

test('an outage of the mail server is one line, its end another; a refused mail is none', async (t) => {
  const sink = await startSmtpSink(t);
  const lines: string[] = [];
  const logger = createLogger(
    { logLevel: 'info', logFormat: 'json' },
    { write: (line) => void lines.push(line) },
  );
  const transport = watchTransport(transportTo(sink.port), logger);
  await transport.send(mailTo('ada@example.com'));
  sink.script.recipient = () => ({ code: 550 });
  assert.equal((await failureOf(transport.send(mailTo('nobody@example.com')))).permanent, true);
  assert.deepEqual(lines, []);
  await sink.close();
  for (const to of ['ada@example.com', 'bob@example.com'])
    await failureOf(transport.send(mailTo(to)));
  sink.script = {};
  await sink.reopen();
  await transport.send(mailTo('ada@example.com'));
  const told = lines.map(
    (line) => JSON.parse(line) as { level: string; msg: string; reason?: string },
  );
  assert.deepEqual(
    told.map(({ level, msg }) => `${level} ${msg}`),
    ['warn smtp: does not take mails; they wait', 'info smtp: takes mails again'],
  );
  assert.match(String(told[0]?.reason), /connection refused/);
  // At once again: the metric knows, whether or not there is a line.
  await sink.close();
  await failureOf(transport.send(mailTo('ada@example.com')));
  assert.match(await registry.metrics(), /^adl_dependency_up\{dependency="smtp"\} 0$/m);
  await sink.reopen();
  await transport.send(mailTo('ada@example.com'));
  assert.match(await registry.metrics(), /^adl_dependency_up\{dependency="smtp"\} 1$/m);
});
