import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assembly } from '../src/app.ts';
import { composeMessage } from '../src/domain/outbox/compose-message.ts';
import { launchChromium, withoutChromium } from '../test/browser/browser-page.ts';

// Writes every mail as text, HTML and, where Chromium is installed, as pictures of a desktop and a
// phone.

const directory = join(import.meta.dirname, '../.tmp/mail-preview');
const token = 'Qm9vayBvZiBTYW5kLCB3aXRob3V0IGEgZmlyc3QgcGFnZS4uLi4uLi4uLi4uLi4u';
const lives: Record<string, string> = {
  password_reset: '30 minutes',
  first_password: '3 days',
  email_verification: '24 hours',
  email_changed: '7 days',
  email_sign_in: '10 minutes',
  first_sign_in: '24 hours',
  invitation: '7 days',
};
const kinds = Object.keys(assembly.mailTexts);

mkdirSync(directory, { recursive: true });
for (const [kind, words] of Object.entries(assembly.mailTexts)) {
  const { subject, text, html } = composeMessage(words, {
    projectName: 'ADL Production',
    link: words.page ? `https://accounts.example.com/app/${words.page}#token=${token}` : null,
    linkLife: lives[kind] ?? null,
    code: words.hasCode ? '4711 0815' : null,
    occurredAt: new Date('2026-11-24T16:05:00Z'),
    device: 'Firefox on Linux',
    ip: '203.0.113.7',
  });
  write(`${kind}.txt`, `Subject: ${subject}\n\n${text}`);
  write(`${kind}.html`, html);
}
if (withoutChromium === false) await takePictures();
else process.stdout.write(`${withoutChromium}: no pictures\n`);

async function takePictures(): Promise<void> {
  const browser = await launchChromium();
  for (const [name, width] of Object.entries({ desktop: 720, phone: 375 })) {
    const page = await browser.newPage({ viewport: { width, height: 400 } });
    for (const kind of kinds) {
      await page.goto(`file://${join(directory, `${kind}.html`)}`);
      const path = join(directory, `${kind}-${name}.png`);
      await page.screenshot({ path, fullPage: true });
      process.stdout.write(`${path}\n`);
    }
  }
  await browser.close();
}

function write(name: string, content: string): void {
  const path = join(directory, name);
  writeFileSync(path, content);
  process.stdout.write(`${path}\n`);
}
