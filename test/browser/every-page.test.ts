import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { findViolations } from './axe.ts';
import { launchChromium, withoutChromium } from './browser-page.ts';
import { assertQuiet, signIn, startWithPages, visit } from './visitor.ts';

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

/** Pixels that the page would be too wide by in a language written from the right. */
function widthOfRightToLeft(page: Page): Promise<number> {
  return page.evaluate<number>(`(() => {
    const { documentElement: root } = document;
    root.dir = 'rtl';
    const tooWide = root.scrollWidth - innerWidth;
    root.removeAttribute('dir');
    return Math.max(0, tooWide);
  })()`);
}

const looks = [390, 1280].flatMap((width) =>
  (['light', 'dark'] as const).map((colorScheme) => ({ width, colorScheme })),
);

describe('every page, at each width and in both themes', { skip: withoutChromium }, async () => {
  const server = await startWithPages({ after }, { PROJECT_NAME: 'Ada & Co' });
  const { url } = server;
  const browser = await launchChromium();
  after(() => browser.close());
  await server.request('POST', '/api/admins/register', { body: admin });
  await server.request('POST', '/api/users/register', {
    body: { ...user, full_name: 'Ada Lovelace' },
  });

  /** No violation of any weight, nothing wider than the window, one main heading. */
  async function examine(page: Page, path: string, ready: string): Promise<void> {
    await page.goto(url + path);
    await page.getByRole('heading', { name: ready, exact: true }).first().waitFor();
    await page.locator('[aria-busy="true"]:not(button)').first().waitFor({ state: 'detached' });
    assert.deepEqual(await findViolations(page), [], path);
    assert.equal(
      await page.evaluate('document.documentElement.scrollWidth <= innerWidth'),
      true,
      path,
    );
    assert.equal(await widthOfRightToLeft(page), 0, `${path}, right to left`);
    assert.equal(await page.getByRole('heading', { level: 1 }).count(), 1, path);
    assert.notEqual(await page.title(), 'Ada & Co', path);
  }

  for (const look of looks) {
    const { width, colorScheme } = look;
    test(`for a visitor, ${width} px, ${colorScheme}`, async (t) => {
      const visitor = await visit(t, browser, look);
      await examine(visitor.page, '/app/sign-in', 'Sign in');
      await examine(visitor.page, '/app/sign-up', 'Create your account');
      await examine(visitor.page, '/app/forgot-password', 'Forgot your password?');
      await examine(visitor.page, '/app/admin/sign-in', 'Admin console');
      await examine(visitor.page, '/app/reset-password', 'Set a new password');
      await examine(visitor.page, '/app/sign-in-link', 'Sign in');
      await examine(visitor.page, '/app/invitation', 'Accept your invitation');
      await examine(visitor.page, '/app/design', 'Design');
      assertQuiet(visitor, url);
    });

    test(`for a user, ${width} px, ${colorScheme}`, async (t) => {
      const visitor = await visit(t, browser, look);
      const { page } = visitor;
      await signIn(visitor, url, user);
      await examine(page, '/app', 'Profile');
      await page.getByRole('button', { name: 'Change', exact: true }).click();
      await page.getByRole('dialog').waitFor();
      assert.deepEqual(await findViolations(page), [], 'the dialog');
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Your account' }).click();
      assert.deepEqual(await findViolations(page), [], 'the menu');
      await examine(page, '/app/security', 'Devices');
      await page.getByText('This device').first().waitFor();
      await examine(page, '/app/activity', 'Activity');
      await page.getByText('Account created').waitFor();
      await examine(page, '/app/privacy', 'Your data');
      assertQuiet(visitor, url);
    });

    test(`for an admin, ${width} px, ${colorScheme}`, async (t) => {
      const visitor = await visit(t, browser, look);
      const { page } = visitor;
      await signIn(visitor, url, admin, 'admin');
      await examine(page, '/app/admin', 'Overview');
      await page.keyboard.press('Control+k');
      await page.getByRole('option').first().waitFor();
      assert.deepEqual(await findViolations(page), [], 'the palette');
      await examine(page, '/app/admin/users', 'Users');
      await page.getByLabel('Select ada.lovelace').check();
      await page.getByRole('button', { name: 'Columns' }).click();
      assert.deepEqual(await findViolations(page), [], 'selection and columns');
      await page.keyboard.press('Escape');
      await page.getByRole('link', { name: /ada\.lovelace/ }).click();
      await page.getByRole('heading', { name: 'Ada Lovelace' }).waitFor();
      await examine(page, new URL(page.url()).pathname, 'Ada Lovelace');
      await examine(page, '/app/admin/admins', 'Admins');
      await examine(page, '/app/admin/audit', 'Audit log');
      await examine(page, '/app/admin/mails', 'Mails');
      await examine(page, '/app/admin/system', 'System');
      await examine(page, '/app/admin/account', 'Your account');
      assertQuiet(visitor, url);
    });
  }
});
