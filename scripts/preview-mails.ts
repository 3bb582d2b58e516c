import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { composeMessage, type MessageInput } from '../src/domain/outbox/messages/compose-message.ts';

// Writes every mail as text, HTML and, where Chromium is installed, as pictures of a desktop and a phone.

const directory = join(import.meta.dirname, '../.tmp/mail-preview');
const executablePath = '/usr/bin/chromium';
const token = 'Qm9vayBvZiBTYW5kLCB3aXRob3V0IGEgZmlyc3QgcGFnZS4uLi4uLi4uLi4uLi4u';
const withLinks: Partial<Record<MessageInput['kind'], [page: string, life: string]>> = {
  password_reset: ['reset-password', '30 minutes'],
  email_verification: ['verify-email', '24 hours'],
  email_changed: ['undo', '7 days'],
};
const kinds: MessageInput['kind'][] = [
  'password_reset',
  'email_verification',
  'password_changed',
  'email_changed',
  'email_reverted',
  'new_sign_in',
  'refresh_token_reused',
  'test',
];

mkdirSync(directory, { recursive: true });
for (const kind of kinds) {
  const [page, life] = withLinks[kind] ?? [null, null];
  const { subject, text, html } = composeMessage({
    kind,
    projectName: 'ADL Production',
    link: page === null ? null : `https://accounts.example.com/app/${page}#token=${token}`,
    linkLife: life,
    occurredAt: new Date('2026-11-24T16:05:00Z'),
    device: 'Firefox on Linux',
    ip: '203.0.113.7',
  });
  write(`${kind}.txt`, `Subject: ${subject}\n\n${text}`);
  write(`${kind}.html`, html);
}
if (existsSync(executablePath)) await takePictures();
else process.stdout.write('Chromium is not installed: no pictures\n');

async function takePictures(): Promise<void> {
  const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'];
  const quiet = ['--disable-background-networking', '--disable-component-update'];
  const browser = await chromium.launch({ executablePath, args: [...args, ...quiet] });
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
