import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { findViolations } from './axe.ts';
import { launchChromium, withoutChromium } from './browser-page.ts';
import { assertQuiet, startWithPages, visit } from './visitor.ts';

const admin = {
  username: 'root.admin',
  email: 'root@example.com',
  password: 'granite lantern 48 oak',
};
const user = {
  username: 'ada.lovelace',
  email: 'ada@example.com',
  password: 'violet harbour anvil 93',
};

describe('the first minutes with the service, in a browser', {
  skip: withoutChromium,
}, async () => {
  const server = await startWithPages({ after }, { PROJECT_NAME: 'Ada & Co' });
  const { url } = server;
  const browser = await launchChromium();
  after(() => browser.close());

  test('make the first admin, sign up elsewhere, find and deactivate the user, who is out', async (t) => {
    const owner = await visit(t, browser);
    const { page } = owner;
    await page.goto(url);
    await page.getByRole('heading', { name: 'Set up your service' }).waitFor();
    assert.deepEqual(await findViolations(page), []);
    // By keyboard only: the first field has the focus.
    await page.keyboard.type(admin.email);
    await page.keyboard.press('Tab');
    await page.keyboard.type(admin.username);
    await page.keyboard.press('Tab');
    await page.keyboard.type(admin.password);
    await page.getByText(/^(Good|Strong)\./).waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Sign in without a password?' }).waitFor();
    assert.deepEqual(await findViolations(page), []);
    await page.getByRole('button', { name: 'Not now' }).click();
    await page.waitForURL(`${url}/app/admin`);
    await page.getByRole('heading', { name: 'Nobody has signed up yet' }).waitFor();

    const other = await visit(t, browser, { width: 390 });
    await other.page.goto(`${url}/app/sign-up`);
    await other.page.getByLabel('Email address').fill(user.email);
    await other.page.getByLabel('Username').fill(user.username);
    await other.page.getByLabel('Password', { exact: true }).fill(user.password);
    await other.page.getByRole('button', { name: 'Create account' }).click();
    await other.page.getByRole('heading', { name: 'Profile', level: 1 }).waitFor();

    await page.keyboard.press('Control+k');
    await page.keyboard.type('ada');
    await page.getByRole('option', { name: /ada\.lovelace/ }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: user.username }).waitFor();
    await page.getByRole('button', { name: 'Deactivate' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Deactivate' }).click();
    await page.getByText('User deactivated and signed out').waitFor();

    await other.page.getByRole('link', { name: 'Activity' }).click();
    await other.page.getByText('You have been signed out.').waitFor();
    assert.match(other.page.url(), /\/app\/sign-in\?return_to=/);
    assertQuiet(owner, url);
    assertQuiet(other, url, /401/);
  });

  test('afterwards the root leads to the account, and the set-up to the console', async (t) => {
    const { page } = await visit(t, browser);
    await page.goto(url);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.goto(`${url}/app/setup`);
    await page.getByRole('heading', { name: 'Admin console' }).waitFor();
  });

  test('an address without a page says so, and leads on', async (t) => {
    const visitor = await visit(t, browser);
    const answer = await visitor.page.goto(`${url}/app/nowhere`);
    assert.equal(answer?.status(), 404);
    await visitor.page.getByRole('heading', { name: 'Page not found' }).waitFor();
    assert.deepEqual(await findViolations(visitor.page), []);
    await visitor.page.getByRole('link', { name: 'Go to your account' }).click();
    await visitor.page.getByRole('heading', { name: 'Sign in' }).waitFor();
    assertQuiet(visitor, url, /404/);
  });

  test('the pages speak German to a browser that does, and keep a choice', async (t) => {
    const { page } = await visit(t, browser, { locale: 'de-DE' });
    await page.goto(`${url}/app/sign-in`);
    await page.getByRole('heading', { name: 'Anmelden' }).waitFor();
    assert.equal(await page.locator('html').getAttribute('lang'), 'de');
    await page.getByLabel('Sprache').selectOption('English');
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  });
});
