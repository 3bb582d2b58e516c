import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, describe, type TestContext, test } from 'node:test';
import type { Page } from 'playwright-core';
import { findViolations } from './axe.ts';
import { launchChromium, withoutChromium } from './browser-page.ts';
import { assertQuiet, type Person, signIn, startWithPages, visit } from './visitor.ts';

const password = 'violet harbour anvil 93';
const newPassword = 'granite lantern 41 willow';

describe('the account centre, in a browser', { skip: withoutChromium }, async () => {
  const server = await startWithPages({ after });
  const { url } = server;
  const browser = await launchChromium();
  after(() => browser.close());

  async function register(username: string): Promise<Person> {
    const person = { username, email: `${username}@example.com`, password };
    assert.equal(
      (await server.request('POST', '/api/users/register', { body: person })).status,
      201,
    );
    return person;
  }

  /** Opens the newest link of the mailbox to that page. */
  async function followLink(page: Page, to: string, path: string): Promise<void> {
    const link = page.locator(`article:has-text("${to}") a[href*="${path}#"]`).first();
    for (let attempt = 0; attempt < 40; attempt += 1) {
      await page.goto(`${url}/app/mailbox`);
      if ((await link.count()) > 0) break;
    }
    await page.goto((await link.getAttribute('href')) ?? '');
  }

  async function signedIn(t: TestContext, username: string) {
    const person = await register(username);
    const visitor = await visit(t, browser);
    await signIn(visitor, url, person);
    return { person, visitor, page: visitor.page };
  }

  test('forgot, the link from the mailbox, a new password, and on to sign in with it', async (t) => {
    const { email, username } = await register('grace.hopper');
    const visitor = await visit(t, browser, { width: 390 });
    const { page } = visitor;
    await page.goto(`${url}/app/sign-in`);
    await page.getByRole('link', { name: 'Forgot your password?' }).click();
    // The page before has a field for the address, too.
    await page.getByRole('heading', { name: 'Forgot your password?' }).waitFor();
    await page.getByLabel('Email address').fill(email);
    await page.getByRole('button', { name: 'Send the link' }).click();
    await page.getByRole('heading', { name: 'Check your inbox' }).waitFor();
    await followLink(page, email, '/app/reset-password');
    await page.getByLabel('New password').fill(newPassword);
    await page.getByRole('button', { name: 'Set password' }).click();
    await page.getByRole('link', { name: 'Sign in' }).click();
    await signIn(visitor, url, { username, email, password: newPassword });
    assertQuiet(visitor, url);
  });

  test('mails arrive in the open mailbox, as text and as they are sent, with links that work', async (t) => {
    const visitor = await visit(t, browser);
    const { page, context } = visitor;
    await page.goto(`${url}/app/mailbox`);
    await register('sophie.wilson');
    const mail = page.getByRole('article').filter({ hasText: 'sophie.wilson@example.com' });
    await mail.getByText('As it arrives').click();
    const opening = context.waitForEvent('page');
    await mail.frameLocator('iframe').getByRole('link').first().click();
    const opened = await opening;
    await opened.getByRole('button', { name: 'Confirm my address' }).click();
    await opened.getByText('Email verified successfully.').waitFor();
    assert.deepEqual(await findViolations(page), []);
    assertQuiet(visitor, url);
  });

  test('a new password is measured, and signs out the other devices', async (t) => {
    const { person, visitor, page } = await signedIn(t, 'alan.turing');
    const other = await visit(t, browser);
    await signIn(other, url, person);
    await page.getByRole('link', { name: 'Security' }).click();
    await page.getByRole('button', { name: /^Sign out (?!everywhere)/ }).waitFor();
    await page.getByLabel('Current password').fill(password);
    await page.getByLabel('New password').fill('password1');
    await page.getByText(/^Very weak\./).waitFor();
    await page.getByLabel('New password').fill(newPassword);
    await page.getByText(/^Strong\./).waitFor();
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByText('Your password has been changed').waitFor();
    await page
      .getByRole('button', { name: /^Sign out (?!everywhere)/ })
      .waitFor({ state: 'detached' });
    assert.equal(await page.getByLabel('New password').inputValue(), '');
    await other.page.getByRole('link', { name: 'Activity' }).click();
    await other.page.getByText('You have been signed out.').waitFor();
    assertQuiet(visitor, url);
  });

  test('a device is signed out, and one signs out everywhere', async (t) => {
    const { person, page } = await signedIn(t, 'radia.perlman');
    const other = await visit(t, browser);
    await signIn(other, url, person);
    await page.getByRole('link', { name: 'Security' }).click();
    await page.getByRole('button', { name: /^Sign out (?!everywhere)/ }).click();
    await page.getByText('Device signed out').waitFor();
    await other.page.reload();
    await other.page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.getByRole('button', { name: 'Sign out everywhere' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Sign out everywhere' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  });

  test('a new address takes the password, and shows as not verified until its link is used', async (t) => {
    const { page } = await signedIn(t, 'barbara.liskov');
    await followLink(page, 'barbara.liskov@example.com', '/app/verify-email');
    await page.getByRole('button', { name: 'Confirm my address' }).click();
    await page.getByText('Email verified successfully.').waitFor();
    await page.goto(`${url}/app`);
    await page.getByText('Verified', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Change', exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('New email address').fill('barbara@example.org');
    await dialog.getByLabel('Current password').fill('wrong');
    await dialog.getByRole('button', { name: 'Change your email address' }).click();
    await dialog
      .getByRole('alert')
      .getByText(/password/i)
      .waitFor();
    await dialog.getByLabel('Current password').fill(password);
    await dialog.getByRole('button', { name: 'Change your email address' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByText('Not verified', { exact: true }).waitFor();
    await followLink(page, 'barbara.liskov@example.com', '/app/undo');
    await page.getByRole('button', { name: 'Undo the change' }).waitFor();
  });

  test('all data is downloaded as a file', async (t) => {
    const { page, person } = await signedIn(t, 'katherine.johnson');
    await page.getByRole('link', { name: 'Your data' }).click();
    const downloading = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download' }).click();
    const download = await downloading;
    assert.equal(download.suggestedFilename(), 'account.json');
    const content = readFileSync(await download.path(), 'utf8');
    assert.match(content, new RegExp(person.email));
    assert.doesNotMatch(content, /\$2[aby]\$|token_hash/);
  });

  test('a deleted account is out at once, and the mailed link brings it back', async (t) => {
    const { page, person, visitor } = await signedIn(t, 'edsger.dijkstra');
    await page.getByRole('link', { name: 'Your data' }).click();
    await page.getByRole('button', { name: 'Delete account' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Enter your password to confirm').fill(password);
    await dialog.getByRole('button', { name: 'Delete my account' }).click();
    await page.getByText('Your account has been deleted.').waitFor();
    await followLink(page, person.email, '/app/undo?of=deletion');
    await page.getByRole('button', { name: 'Restore my account' }).click();
    await page.getByRole('link', { name: 'Sign in' }).click();
    await signIn(visitor, url, person);
  });
});
