import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { registeredUser } from '../../../test/factories.ts';
import { transportTo } from '../../../test/smtp-client.ts';
import { startSmtpSink } from '../../../test/smtp-sink.ts';
import { createTestApp } from '../../../test/test-app.ts';

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

const files = {
  'logo.png': png,
  'large.png': Buffer.concat([png, Buffer.alloc(64 * 1024)]),
  'page.png': Buffer.from('<script>alert(1)</script>'),
  'logo.svg': Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'),
};

for (const [name, content] of Object.entries(files)) {
  const isShown = name === 'logo.png';
  test(`${name} ${isShown ? 'travels in the mail' : 'stays out of mails'}; nothing is loaded`, async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'adl-logo-'));
    t.after(() => rmSync(directory, { recursive: true }));
    const logo = join(directory, name);
    writeFileSync(logo, content);
    const service = await createTestApp(t, { BRANDING: JSON.stringify({ logo }) });
    const sink = await startSmtpSink(t);
    await registeredUser(service);
    await service.mailbox.deliver(transportTo(sink.port));
    const [mail] = sink.mails;
    const attached = mail?.parsed.attachments.map((one) => [one.cid, one.contentType, one.content]);
    assert.deepEqual(attached, isShown ? [['logo', 'image/png', png]] : []);
    const html = String(mail?.parsed.html);
    assert.equal(/<img /.test(html), isShown);
    assert.doesNotMatch(html, /src="https?:/);
  });
}
