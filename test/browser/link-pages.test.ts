import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, type TestContext, test } from 'node:test';
import type { Page } from 'playwright-core';
import { credentialsOf } from '../factories.ts';
import { findViolations } from './axe.ts';
import { launchChromium, openPage, withoutChromium } from './browser-page.ts';
import { assertQuiet, startWithPages, visit } from './visitor.ts';

const pictures = join(import.meta.dirname, '../../.tmp/pages');
const password = 'violet harbour anvil 93';
const newPassword = 'granite lantern 41 willow';

describe('the pages that mails link to, in a browser', { skip: withoutChromium }, async () => {
  const server = await startWithPages({ after }, { PROJECT_NAME: 'Ada & Co' });
  const browser = await launchChromium();
  after(() => browser.close());
  mkdirSync(pictures, { recursive: true });

  async function register(
    name: string,
  ): Promise<{ username: string; email: string; token: string }> {
    const account = { username: name, email: `${name}@example.com`, password };
    assert.equal(
      (await server.request('POST', '/api/users/register', { body: account })).status,
      201,
    );
    const { body } = await server.request('POST', '/api/users/login', {
      body: credentialsOf(account),
    });
    return { ...account, token: String(body.access_token) };
  }

  /** The newest link in the mailbox to this page and, if given, for this recipient. */
  async function linkTo(t: TestContext, path: string, recipient: string): Promise<string> {
    for (let attempt = 0; attempt < 50; attempt += 1) {
      const { page } = await openPage(t, browser, `${server.url}/app/mailbox`);
      const mail = page
        .locator('article', { hasText: recipient })
        .filter({ has: page.locator(`a[href*="${path}#"]`) });
      if ((await mail.count()) > 0)
        return (await mail.first().locator('a').getAttribute('href')) ?? '';
      await page.close();
    }
    throw new Error(`no mail with a link to ${path} for ${recipient}`);
  }

  async function status(username: string, secret: string): Promise<number> {
    return (
      await server.request('POST', '/api/users/login', { body: { username, password: secret } })
    ).status;
  }

  /** The fragment is removed at once from the address bar and from the history. */
  function assertNoToken(page: Page): void {
    assert.doesNotMatch(page.url(), /token|#/);
  }

  test('register, forget, open the mailbox, follow the link, set a password, sign in', async (t) => {
    const ada = await register('ada.lovelace');
    const forgot = await openPage(t, browser, `${server.url}/app/reset-password`);
    await forgot.page.getByLabel('Email address').fill(ada.email);
    await forgot.page.getByRole('button', { name: 'Send me a link' }).click();
    await forgot.page.getByText('a password reset link has been sent').waitFor();

    const link = await linkTo(t, '/app/reset-password', ada.email);
    const { page, complaints, foreign, requested } = await openPage(t, browser, link);
    assertNoToken(page);
    assert.equal(await page.title(), 'Set a new password – Ada & Co');
    const input = page.getByLabel('New password');
    assert.equal(
      await input.evaluate((element) => element === element.ownerDocument.activeElement),
      true,
    );
    await page.getByText(`For the account of ${ada.email}`).waitFor();
    assert.equal(await page.locator('[autocomplete=username]').inputValue(), ada.email);
    await page.screenshot({ path: join(pictures, 'reset-password.png') });

    await input.fill('password1');
    await page.getByText(/^Very weak\. This is/).waitFor();
    await input.fill(newPassword);
    await page.getByText(/^Strong\./).waitFor();
    await input.fill('short');
    await input.press('Enter');
    await page.getByText('It must have at least 8 characters.').waitFor();
    assert.equal(await input.getAttribute('aria-invalid'), 'true');
    await page.screenshot({ path: join(pictures, 'reset-password-fault.png') });
    await page.getByRole('button', { name: 'Show' }).click();
    assert.equal(await input.getAttribute('type'), 'text');
    await input.fill(newPassword);
    await page.getByRole('button', { name: 'Set password' }).click();
    await page.getByRole('heading', { name: 'Your password is set' }).waitFor();
    await page.screenshot({ path: join(pictures, 'reset-password-done.png') });
    assert.equal(await status(ada.username, newPassword), 200);
    assert.equal(await status(ada.username, password), 401);

    assert.deepEqual(
      complaints.filter((complaint) => !/422/.test(complaint)),
      [],
    );
    assert.deepEqual([...foreign(), ...forgot.foreign()], []);
    for (const url of requested.slice(1)) assert.doesNotMatch(url, /token=/);

    // The link again: it is used up, and the page says so before anything is typed.
    const spent = await openPage(t, browser, link);
    await spent.page.getByText('This link is invalid or has expired.').waitFor();
    assert.equal(
      await spent.page.getByRole('button', { name: 'Send me a link' }).isVisible(),
      true,
    );
    await spent.page.screenshot({ path: join(pictures, 'reset-password-spent.png') });
  });

  test('an address is verified by a button, not by opening the page', async (t) => {
    const { token, email } = await register('grace.hopper');
    const link = await linkTo(t, '/app/verify-email', email);
    const { page, complaints, foreign, requested } = await openPage(t, browser, link);
    assertNoToken(page);
    assert.equal(
      requested.some((url) => url.includes('/api/')),
      false,
    );
    await page.screenshot({ path: join(pictures, 'verify-email.png') });
    await page.getByRole('button', { name: 'Confirm my address' }).click();
    await page.getByRole('status').getByText('Email verified successfully.').waitFor();
    const me = await server.request('GET', '/api/users/me', { token });
    assert.equal(me.body.is_email_verified, true);
    assert.deepEqual(complaints, []);
    assert.deepEqual(foreign(), []);
    const bare = await openPage(t, browser, `${server.url}/app/verify-email`);
    await bare.page.getByText('Open this page with the link in a mail.').waitFor();
    assert.equal(await bare.page.getByRole('button').count(), 0);
  });

  test('an address change is undone by a button', async (t) => {
    const { token, email, username } = await register('edsger.dijkstra');
    // Only a verified address gets an undo link.
    const verification = {
      token: (await linkTo(t, '/app/verify-email', email)).split('#token=')[1],
    };
    const verified = await server.request('POST', '/api/users/verify-email', {
      body: verification,
    });
    assert.equal(verified.status, 200);
    const body = { email: 'intruder@example.com', current_password: password };
    assert.equal((await server.request('PUT', '/api/users/me', { token, body })).status, 200);
    const { page, complaints, foreign } = await openPage(
      t,
      browser,
      await linkTo(t, '/app/undo', email),
    );
    assertNoToken(page);
    await page.screenshot({ path: join(pictures, 'undo.png') });
    await page.getByRole('button', { name: 'Undo the change' }).click();
    await page.getByRole('status').getByText('Your email address was restored').waitFor();
    assert.equal(await status(username, password), 401);
    assert.deepEqual([...complaints, ...foreign()], []);
    await linkTo(t, '/app/reset-password', email);
  });

  test('a deletion is undone by a button, on a page that says so', async (t) => {
    const { token, email, username } = await register('grete.hermann');
    assert.equal(
      (await server.request('DELETE', '/api/users/me', { token, body: { password } })).status,
      204,
    );
    const link = await linkTo(t, '/app/undo?of=deletion', email);
    const { page, complaints, foreign } = await openPage(t, browser, link);
    assertNoToken(page);
    await page.getByRole('heading', { name: 'Restore your account' }).waitFor();
    assert.equal(
      await page.getByText('If you did not change your email address').isVisible(),
      false,
    );
    await page.screenshot({ path: join(pictures, 'undo-deletion.png') });
    assert.equal(await status(username, password), 401);
    await page.getByRole('button', { name: 'Restore my account' }).click();
    await page.getByRole('status').getByText('Your account was restored').waitFor();
    assert.equal(await status(username, password), 200);
    assert.deepEqual([...complaints, ...foreign()], []);
  });

  test('in German: the form, its faults, the meter and the outcome; then on to sign in', async (t) => {
    const { email } = await register('emmy.noether');
    const ask = { body: { email } };
    await server.request('POST', '/api/password/forgot-password', ask);
    const link = await linkTo(t, '/app/reset-password', email);
    const visitor = await visit(t, browser, { locale: 'de-AT', width: 390, colorScheme: 'dark' });
    const { page } = visitor;
    await page.goto(link);
    assert.equal(await page.title(), 'Neues Passwort festlegen – Ada & Co');
    await page.getByText(`Für das Konto von ${email}`).waitFor();
    const input = page.getByLabel('Neues Passwort');
    await input.fill('password1');
    await page.getByText(/^Sehr schwach\./).waitFor();
    await input.fill('kurz');
    await page.getByRole('button', { name: 'Passwort festlegen' }).click();
    await page.getByText('Es muss mindestens 8 Zeichen haben.').waitFor();
    await input.fill(email);
    await page.getByRole('button', { name: 'Passwort festlegen' }).click();
    await page.getByText('Es ist Ihrem Namen, Ihrer Adresse').waitFor();
    assert.deepEqual(await findViolations(page), []);
    await page.screenshot({ path: join(pictures, 'reset-password-german.png') });
    await input.fill(newPassword);
    await page.getByRole('button', { name: 'Passwort festlegen' }).click();
    await page.getByRole('heading', { name: 'Ihr Passwort ist festgelegt' }).waitFor();
    await page.getByRole('link', { name: 'Anmelden' }).click();
    await page.getByRole('heading', { name: 'Anmelden' }).waitFor();
    await page.goto(`${server.url}/app/mailbox`);
    await page.getByRole('heading', { name: 'Postfach', level: 1 }).waitFor();
    assertQuiet(visitor, server.url, /422/);
  });

  test('no address on a page without a live token, and a token is in no address', async (t) => {
    const { email } = await register('lise.meitner');
    await server.request('POST', '/api/password/forgot-password', { body: { email } });
    const link = await linkTo(t, '/app/reset-password', email);
    for (const address of [
      `${server.url}/app/reset-password`,
      `${server.url}/app/reset-password?email=${email}`,
      `${server.url}/app/reset-password#token=${'x'.repeat(64)}`,
      link.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')),
    ]) {
      const { page, requested } = await openPage(t, browser, address);
      await page.getByRole('button', { name: 'Send me a link' }).waitFor();
      assert.equal(await page.getByText(email).count(), 0, address);
      assert.ok(requested.slice(1).every((url) => !url.includes('token=')));
    }
  });

  test('temporary failures are shown, with the time to wait', async (t) => {
    const visitor = await visit(t, browser);
    const { page } = visitor;
    await page.route('**/api/password/check-reset-token', (route) =>
      route.fulfill({ json: { email: 'ada@example.com' } }),
    );
    await page.goto(`${server.url}/app/reset-password#token=${'x'.repeat(64)}`);
    const answers = [
      {
        status: 503,
        headers: { 'retry-after': '2' },
        message: 'The service is temporarily unavailable',
        words: 'Try again in 2 seconds.',
      },
      {
        status: 429,
        headers: { 'retry-after': '600' },
        message: 'Too many requests; try again later',
        words: 'Try again in 10 minutes.',
      },
    ];
    for (const { status: code, headers, message, words } of answers) {
      await page.route('**/api/password/reset-password', (route) =>
        route.fulfill({
          status: code,
          headers,
          contentType: 'application/json',
          body: JSON.stringify({ message }),
        }),
      );
      await page.getByLabel('New password').fill(newPassword);
      await page.getByRole('button', { name: 'Set password' }).click();
      await page.getByText(words).waitFor();
      await page.unroute('**/api/password/reset-password');
    }
    await page.route('**/api/password/reset-password', (route) => route.abort());
    await page.getByRole('button', { name: 'Set password' }).click();
    await page.getByText('The service cannot be reached. Try again.').waitFor();
  });

  test('J08 G12 pages: strict policy, no referrer, no caching, no inline script', async () => {
    for (const path of ['/app/reset-password', '/app/verify-email', '/app/undo', '/app/mailbox']) {
      const response = await fetch(server.url + path);
      assert.equal(response.status, 200);
      assert.equal(response.headers.get('referrer-policy'), 'no-referrer');
      const policy = response.headers.get('content-security-policy') ?? '';
      assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self';/);
      assert.doesNotMatch(policy, /unsafe/);
      assert.match(response.headers.get('cache-control') ?? '', /no-cache|no-store/);
      const text = await response.text();
      assert.doesNotMatch(
        text,
        /<script(?![^>]* src="\/app\/(assets|mailbox)\/)|<style|style=|\son\w+=|https?:\/\/(?!localhost|127)/,
      );
      assert.match(text, /<html lang="en">/);
      if (path === '/app/mailbox') continue;
      const again = await fetch(server.url + path, {
        headers: { 'if-none-match': response.headers.get('etag') ?? '' },
      });
      assert.equal(again.status, 304);
    }
  });

  test('the pages work on a phone, in dark mode and by keyboard', async (t) => {
    await register('barbara.liskov');
    for (const path of ['reset-password', 'verify-email#token=x', 'undo#token=x', 'mailbox']) {
      const page = await browser.newPage({
        viewport: { width: 320, height: 640 },
        colorScheme: 'dark',
      });
      t.after(() => page.close());
      await page.goto(`${server.url}/app/${path}`, { waitUntil: 'networkidle' });
      const wide = await page.evaluate('document.documentElement.scrollWidth');
      assert.equal(wide, 320, `${path} does not scroll sideways`);
      await page.screenshot({
        path: join(pictures, `${path.split('#')[0]}-phone-dark.png`),
        fullPage: true,
      });
      assert.deepEqual(await findViolations(page), [], path);
      assert.equal(await page.locator('h1').count(), 1);
      for (const input of await page.locator('input:visible').all()) {
        assert.notEqual(
          await page.locator(`label[for="${await input.getAttribute('id')}"]`).count(),
          0,
        );
      }
    }
  });
});
