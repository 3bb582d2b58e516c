import assert from 'node:assert/strict';
import { after, describe, type TestContext, test } from 'node:test';
import { startSmtpSink } from '../smtp-sink.ts';
import { findViolations } from './axe.ts';
import { launchChromium, withoutChromium } from './browser-page.ts';
import { assertQuiet, signIn, startWithPages, visit } from './visitor.ts';

const admin = {
  username: 'root.admin',
  email: 'root@example.com',
  password: 'granite lantern 48 oak',
};
const plainAdmin = { ...admin, username: 'plain.admin', email: 'plain@example.com' };
const user = {
  username: 'ada.lovelace',
  email: 'ada@example.com',
  password: 'violet harbour anvil 93',
};

describe('what the console shows of mails, log and system', { skip: withoutChromium }, async () => {
  const sink = await startSmtpSink({ after });
  const server = await startWithPages(
    { after },
    {
      SMTP_HOST: '127.0.0.1',
      SMTP_PORT: String(sink.port),
      SMTP_SECURITY: 'none',
      SMTP_FROM_EMAIL: 'adl@example.com',
      ADMIN_SETUP_TOKEN: 'canary of the first admin 77f2b0c9d4 a1e83',
    },
  );
  const { url } = server;
  const browser = await launchChromium();
  after(() => browser.close());
  await server.request('POST', '/api/admins/register', { body: admin });
  const { body: tokens } = await server.request('POST', '/api/admins/login', {
    body: { username: admin.username, password: admin.password },
  });
  const token = String(tokens.access_token);
  await server.request('POST', '/api/admins/register', { token, body: plainAdmin });
  const { body: ada } = await server.request('POST', '/api/users/register', { body: user });

  async function open(t: TestContext, path: string, person = admin, look = {}) {
    const visitor = await visit(t, browser, look);
    await signIn(visitor, url, person, 'admin');
    await visitor.page.goto(url + path);
    return { visitor, page: visitor.page };
  }

  test("a user's mails are on the user's page, and are sent again from there", async (t) => {
    sink.script.recipient = () => ({ code: 550 });
    const { visitor, page } = await open(t, `/app/admin/users/${String(ada.id)}`);
    await page.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'Send a password link' }).click();
    await page.getByText('A link to set a new password is on its way').waitFor();
    const mails = page.getByRole('region', { name: 'Mails' });
    const reset = mails.getByRole('listitem').filter({ hasText: 'Set a new password' });
    for (
      let tries = 0;
      tries < 20 && !(await reset.getByText('Failed', { exact: true }).isVisible());
      tries += 1
    ) {
      await page.waitForTimeout(250);
      await page.reload();
      await reset.waitFor();
    }
    await reset.getByText(/smtp 550/).waitFor();
    sink.script.recipient = () => null;
    await reset.getByRole('button', { name: 'Send again' }).click();
    await page.getByText('The mail will be tried again').waitFor();
    await reset.getByText('Failed', { exact: true }).waitFor({ state: 'detached' });
    assert.deepEqual(await findViolations(page), []);
    assertQuiet(visitor, url);
  });

  test('a mail is shown as it arrives, in a frame that runs nothing, without its token', async (t) => {
    const { visitor, page } = await open(t, `/app/admin/mails?subject=${String(ada.id)}`);
    await page.getByRole('button', { name: 'Confirm the address' }).first().click();
    const dialog = page.getByRole('dialog');
    const frame = dialog.locator('iframe');
    assert.equal(await frame.getAttribute('sandbox'), 'allow-same-origin');
    await page
      .frameLocator('iframe')
      .getByText(/#token=hidden/)
      .waitFor();
    // The mail's own styles, which the policy of the page forbids to be inline.
    const shown = await page.evaluate<{ links: number; button: string; height: number }>(`(() => {
      const frame = document.querySelector('iframe');
      const page = frame.contentDocument;
      const button = [...page.querySelectorAll('a')][0];
      return {
        links: page.querySelectorAll('[href], [style*="url"], script').length,
        button: frame.contentWindow.getComputedStyle(button).backgroundColor,
        height: frame.clientHeight,
      };
    })()`);
    assert.deepEqual([shown.links, shown.button], [0, 'rgb(74, 63, 214)']);
    assert.ok(shown.height > 300);
    assert.deepEqual(await findViolations(page), [], 'the mail');
    await dialog.getByRole('button', { name: 'Text' }).click();
    assert.match((await dialog.locator('pre').textContent()) ?? '', /#token=hidden\n/);
    assert.doesNotMatch(await page.content(), /#token=(?!hidden)/);
    await page.reload();
    await dialog.waitFor();
    await page.keyboard.press('Escape');
    await page.waitForURL(`${url}/app/admin/mails?subject=${String(ada.id)}`);
    assertQuiet(visitor, url);
  });

  test('the audit log says how far it was checked', async (t) => {
    const { visitor, page } = await open(t, '/app/admin/audit');
    const state = page.getByRole('region', { name: 'State of the log' });
    await state.getByText('Unchanged').waitFor();
    await state.getByText('The whole log has never been verified').waitFor();
    assertQuiet(visitor, url);
  });

  test('the system page has checks, ages and configuration for superadmins alone', async (t) => {
    const { visitor, page } = await open(t, '/app/admin/system');
    const checks = page.getByRole('region', { name: 'Checks' });
    await checks.getByRole('listitem').filter({ hasText: 'clock' }).getByText('OK').waitFor();
    await checks.getByRole('listitem').filter({ hasText: 'smtp' }).getByText('OK').waitFor();
    const variables = page.getByRole('region', { name: 'Configuration' });
    await variables.getByRole('row', { name: /SMTP_HOST 127\.0\.0\.1/ }).waitFor();
    await variables.getByRole('row', { name: /ADMIN_SETUP_TOKEN Secret, set/ }).waitFor();
    assert.equal(await variables.getByRole('row', { name: /LOG_FORMAT/ }).count(), 0);
    await page.getByRole('button', { name: 'All', exact: true }).click();
    await variables.getByRole('row', { name: /LOG_FORMAT/ }).waitFor();
    assert.doesNotMatch(await page.content(), /canary/);
    assert.deepEqual(await findViolations(page), []);
    assertQuiet(visitor, url);

    const other = await open(t, '/app/admin/system', plainAdmin);
    await other.page.getByText('Checks and configuration are for superadmins.').waitFor();
    assert.ok(!other.visitor.requested.some((one) => one.endsWith('/api/admins/system')));
    assertQuiet(other.visitor, url);
  });

  test('each key searches at once, and ends the search of the key before', async (t) => {
    const { page } = await open(t, '/app/admin/users');
    await page.getByRole('link', { name: /ada\.lovelace/ }).waitFor();
    const ended: string[] = [];
    page.on('requestfailed', (request) => ended.push(new URL(request.url()).search));
    await page.route(/[?&]q=lov(&|$)/, async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 3000));
      await route.continue().catch(() => undefined);
    });
    await page.getByRole('searchbox').fill('lov');
    await page.waitForRequest(/[?&]q=lov(&|$)/);
    const began = performance.now();
    await page.getByRole('searchbox').fill('lovx');
    await page.getByText('No user matches').waitFor();
    assert.ok(performance.now() - began < 2500);
    assert.ok(ended.some((query) => /q=lov(&|$)/.test(query)));
  });
});
