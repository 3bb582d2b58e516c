import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { launchChromium, withoutChromium } from './browser-page.ts';
import { assertQuiet, startWithPages, visit } from './visitor.ts';

const password = 'violet harbour anvil 93';
const newPassword = 'granite lantern 41 willow';
const admin = {
  username: 'root.admin',
  email: 'root@example.com',
  password: 'granite lantern 48 oak',
};

describe('the main flows by keyboard alone, in a browser', { skip: withoutChromium }, async () => {
  const server = await startWithPages({ after });
  const { url } = server;
  const browser = await launchChromium();
  after(() => browser.close());
  await server.request('POST', '/api/admins/register', { body: admin });

  test('sign up, change the password, sign out, sign in', async (t) => {
    const visitor = await visit(t, browser);
    const { page } = visitor;
    await page.goto(`${url}/app/sign-in`);
    await tabTo(page, page.getByRole('link', { name: 'Sign up' }));
    await page.keyboard.press('Enter');
    await typeInto(page, page.getByLabel('Email address'), 'ada@example.com');
    await typeInto(page, page.getByLabel('Username'), 'ada.lovelace');
    await typeInto(page, page.getByLabel('Password', { exact: true }), password);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Profile', level: 1 }).waitFor();

    await tabTo(page, page.getByRole('link', { name: 'Security' }));
    await page.keyboard.press('Enter');
    await typeInto(page, page.getByLabel('Current password'), password);
    await typeInto(page, page.getByLabel('New password'), newPassword);
    await page.keyboard.press('Enter');
    await page.getByText('Your password has been changed').waitFor();

    await tabTo(page, page.getByRole('button', { name: 'Your account' }));
    await page.keyboard.press('Enter');
    await chooseInMenu(page, page.getByRole('menuitem', { name: 'Sign out' }));
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await typeInto(page, page.getByLabel('Username or email address'), 'ada.lovelace');
    await typeInto(page, page.getByLabel('Password', { exact: true }), newPassword);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Profile', level: 1 }).waitFor();
    assertQuiet(visitor, url);
  });

  test('forgot, the link of the mailbox, a new password', async (t) => {
    const body = { username: 'grace', email: 'grace@example.com', password };
    await server.request('POST', '/api/users/register', { body });
    const visitor = await visit(t, browser);
    const { page } = visitor;
    await page.goto(`${url}/app/sign-in`);
    await tabTo(page, page.getByRole('link', { name: 'Forgot your password?' }));
    await page.keyboard.press('Enter');
    await typeInto(page, page.getByLabel('Email address'), body.email);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Check your inbox' }).waitFor();
    await page.goto(`${url}/app/mailbox`);
    const link = page.locator('a[href*="/app/reset-password#"]').first();
    await link.waitFor();
    await tabTo(page, link);
    await page.keyboard.press('Enter');
    await page.getByText('For the account of grace@example.com').waitFor();
    await typeInto(page, page.getByLabel('New password'), newPassword);
    await tabTo(page, page.getByRole('button', { name: 'Show' }));
    await page.keyboard.press(' ');
    assert.equal(await page.getByLabel('New password').getAttribute('type'), 'text');
    await tabTo(page, page.getByRole('button', { name: 'Set password' }));
    await page.keyboard.press('Enter');
    await tabTo(page, page.getByRole('link', { name: 'Sign in' }));
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    assertQuiet(visitor, url);
  });

  test('an account is deleted in a dialog that keeps the focus, and gives it back', async (t) => {
    const body = { username: 'radia', email: 'radia@example.com', password };
    await server.request('POST', '/api/users/register', { body });
    const { page } = await visit(t, browser);
    await page.goto(`${url}/app/sign-in?return_to=/app/privacy`);
    await typeInto(page, page.getByLabel('Username or email address'), 'radia');
    await typeInto(page, page.getByLabel('Password', { exact: true }), password);
    await page.keyboard.press('Enter');
    const begin = page.getByRole('button', { name: 'Delete account' });
    await tabTo(page, begin);
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    for (let count = 0; count < 8; count += 1) {
      await page.keyboard.press('Tab');
      const outside = await page.evaluate(
        'document.activeElement !== document.body && !document.activeElement.closest("dialog")',
      );
      assert.equal(outside, false);
    }
    await page.keyboard.press('Escape');
    assert.equal(await hasFocus(begin), true);
    await page.keyboard.press('Enter');
    await typeInto(page, dialog.getByLabel('Enter your password to confirm'), password);
    await page.keyboard.press('Enter');
    await page.getByText('Your account has been deleted.').waitFor();
  });

  test('an admin signs in, finds a user and deactivates them', async (t) => {
    const body = { username: 'sophie', email: 'sophie@example.com', password };
    await server.request('POST', '/api/users/register', { body });
    const visitor = await visit(t, browser);
    const { page } = visitor;
    await page.goto(`${url}/app/admin/sign-in`);
    await typeInto(page, page.getByLabel('Username or email address'), admin.username);
    await typeInto(page, page.getByLabel('Password', { exact: true }), admin.password);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await page.keyboard.press('Control+k');
    await page.keyboard.type('sophie');
    await page.getByRole('option', { name: /sophie/ }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'sophie' }).waitFor();
    await tabTo(page, page.getByRole('button', { name: 'Deactivate' }));
    await page.keyboard.press('Enter');
    await tabTo(page, page.getByRole('dialog').getByRole('button', { name: 'Deactivate' }));
    await page.keyboard.press('Enter');
    await page.getByText('User deactivated and signed out').waitFor();
    assertQuiet(visitor, url);
  });
});

const mostTabs = 60;

/** Presses Tab until the element has the focus, and fails where one cannot see that. */
async function tabTo(page: Page, element: Locator): Promise<void> {
  await element.waitFor();
  for (let count = 0; count < mostTabs && !(await hasFocus(element)); count += 1)
    await page.keyboard.press('Tab');
  assert.equal(await hasFocus(element), true, `${String(element)} is not reached`);
  const isSeen = await element.evaluate((one) => {
    const { outlineStyle, boxShadow } = one.ownerDocument.defaultView.getComputedStyle(one);
    return one.matches(':focus-visible') && (outlineStyle !== 'none' || boxShadow !== 'none');
  });
  assert.equal(isSeen, true, `${String(element)} does not show that it has the focus`);
}

async function typeInto(page: Page, element: Locator, text: string): Promise<void> {
  await tabTo(page, element);
  await page.keyboard.type(text);
}

async function chooseInMenu(page: Page, element: Locator): Promise<void> {
  await element.waitFor();
  for (let count = 0; count < mostTabs && !(await hasFocus(element)); count += 1)
    await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
}

function hasFocus(element: Locator): Promise<boolean> {
  return element.evaluate((one) => one === one.ownerDocument.activeElement);
}
