import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { eventually } from '../faults/eventually.ts';
import { settingsOfSink, startSmtpSink } from '../smtp-sink.ts';
import { findViolations } from './axe.ts';
import { launchChromium, withoutChromium } from './browser-page.ts';
import { assertQuiet, startWithPages, visit } from './visitor.ts';

const pictures = join(import.meta.dirname, '../../.tmp/pages');
const email = 'ada@example.com';

describe('users without passwords, in a browser', { skip: withoutChromium }, async () => {
  const sink = await startSmtpSink({ after });
  const server = await startWithPages(
    { after },
    {
      PASSWORD_SIGN_IN: 'false',
      ...settingsOfSink(sink),
    },
  );
  const { url } = server;
  const browser = await launchChromium();
  after(() => browser.close());
  mkdirSync(pictures, { recursive: true });

  test('sign up with an address, follow the link, change the address, delete the account', async (t) => {
    const visitor = await visit(t, browser, { width: 390 });
    const { page } = visitor;
    await page.goto(`${url}/app/sign-up`);
    await page.getByLabel('Email address').fill(email);
    await page.getByLabel('Username').fill('ada.lovelace');
    assert.equal(await page.locator('input[type=password]').count(), 0);
    assert.deepEqual(await findViolations(page), []);
    await page.screenshot({ path: join(pictures, 'sign-up-without-password.png') });
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.getByText(email).waitFor();
    assert.deepEqual(await findViolations(page), []);

    await eventually('the mail', () => sink.mails.length > 0, 60_000);
    const [link = ''] = /http\S+/.exec(sink.mails[0]?.parsed.text ?? '') ?? [];
    await page.goto(link);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.waitForURL(`${url}/app`);
    await page.goto(`${url}/app/security`);
    await page.getByRole('heading', { name: 'Passkeys' }).waitFor();
    assert.equal(await page.locator('input[type=password]').count(), 0);

    await page.goto(`${url}/app`);
    await page.getByRole('button', { name: 'Change', exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('New email address').fill('ada.king@example.com');
    await dialog.getByRole('button', { name: 'Change your email address' }).click();
    await page.getByText('ada.king@example.com').first().waitFor();
    await page.goto(`${url}/app/privacy`);
    await page.getByRole('button', { name: 'Delete account' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete my account' }).click();
    await page.waitForURL(/\/app\/sign-in\?deleted=yes/);
    assertQuiet(visitor, url, /401/);
  });

  test('the sign-in page asks for an address, and admins have their passwords', async (t) => {
    const visitor = await visit(t, browser, { colorScheme: 'dark' });
    const { page } = visitor;
    await page.goto(`${url}/app/sign-in`);
    await page.getByLabel('Email address').waitFor();
    assert.equal(await page.locator('input[type=password]').count(), 0);
    assert.deepEqual(await findViolations(page), []);
    await page.screenshot({ path: join(pictures, 'sign-in-without-password.png') });
    await server.request('POST', '/api/admins/register', {
      body: {
        username: 'root.admin',
        email: 'root@example.com',
        password: 'granite lantern 48 oak',
      },
    });
    await page.goto(`${url}/app/admin/sign-in`);
    await page.getByLabel('Password', { exact: true }).waitFor();
    assertQuiet(visitor, url);
  });
});
