import assert from 'node:assert/strict';
import { after, describe, type TestContext, test } from 'node:test';
import { Secret, TOTP } from 'otpauth';
import type { Page } from 'playwright-core';
import { findViolations } from './axe.ts';
import { launchChromium, withoutChromium } from './browser-page.ts';
import { assertQuiet, type Person, signIn, startWithPages, visit } from './visitor.ts';

const password = 'violet harbour anvil 93';
const stepMilliseconds = 30_000;

describe('second factors, in a browser', { skip: withoutChromium }, async () => {
  const server = await startWithPages({ after });
  const { url } = server;
  const browser = await launchChromium();
  after(() => browser.close());

  async function register(username: string): Promise<Person> {
    const person = { username, email: `${username}@example.com`, password };
    const { status } = await server.request('POST', '/api/users/register', { body: person });
    assert.equal(status, 201);
    return person;
  }

  /** Each step counts once; those before and after the present one are good, too. */
  function codeOf(secret: string, steps: -1 | 0 | 1): string {
    const timestamp = Date.now() + steps * stepMilliseconds;
    return new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp });
  }

  async function addApp(page: Page): Promise<{ secret: string; codes: string[] }> {
    await page.goto(`${url}/app/security`);
    await page.getByRole('button', { name: 'Add an app' }).click();
    await page.getByRole('img', { name: 'QR code' }).waitFor();
    assert.deepEqual(await findViolations(page), []);
    const secret = ((await page.locator('code.secret').textContent()) ?? '').replaceAll(' ', '');
    await page.getByLabel('Code from the app').fill(codeOf(secret, -1));
    await page.getByRole('button', { name: 'Confirm' }).click();
    const dialog = page.getByRole('dialog', { name: 'Recovery codes' });
    await dialog.waitFor();
    assert.deepEqual(await findViolations(page), []);
    const codes = await dialog.getByRole('listitem').allInnerTexts();
    await dialog.getByRole('button', { name: 'I have saved them' }).click();
    await page.getByText('10 are left').waitFor();
    return { secret, codes };
  }

  async function toSecondStep(t: TestContext, person: Person, width = 1280) {
    const visitor = await visit(t, browser, { width });
    const { page } = visitor;
    await page.goto(`${url}/app/sign-in`);
    await page.getByLabel('Username or email address').fill(person.username);
    await page.getByLabel('Password', { exact: true }).fill(person.password);
    await page.keyboard.press('Enter');
    await page.getByLabel('Code', { exact: true }).waitFor();
    return visitor;
  }

  test('an app is added, signs in after the password, and so does a recovery code', async (t) => {
    const person = await register('ada.lovelace');
    const first = await visit(t, browser, { width: 390 });
    await signIn(first, url, person);
    const { secret, codes } = await addApp(first.page);
    assert.equal(codes.length, 10);

    const second = await toSecondStep(t, person, 390);
    assert.deepEqual(await findViolations(second.page), []);
    await second.page.getByLabel('Code', { exact: true }).fill('12');
    await second.page.keyboard.press('Enter');
    await second.page.getByRole('alert').filter({ hasText: /\w/ }).first().waitFor();
    await second.page.getByLabel('Code', { exact: true }).fill(codeOf(secret, 0));
    await second.page.keyboard.press('Enter');
    await second.page.waitForURL(`${url}/app`);
    assertQuiet(second, url, /401/);

    const third = await toSecondStep(t, person);
    await third.page.getByLabel('Code', { exact: true }).fill(codes[0] ?? '');
    await third.page.keyboard.press('Enter');
    await third.page.waitForURL(`${url}/app`);
    await third.page.goto(`${url}/app/security`);
    await third.page.getByText('9 are left').waitFor();
    assertQuiet(third, url, /401/);
  });

  test('a session of before the app has to show a code, and goes on where it was', async (t) => {
    const person = await register('grace.hopper');
    const old = await visit(t, browser);
    await signIn(old, url, person);
    const other = await visit(t, browser);
    await signIn(other, url, person);
    const { secret } = await addApp(other.page);

    const { page } = old;
    await page.goto(`${url}/app/security`);
    await page.getByRole('button', { name: 'Remove Authenticator app' }).click();
    await page.getByRole('button', { name: 'Remove', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: 'Is it you?' });
    await dialog.waitFor();
    assert.deepEqual(await findViolations(page), []);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Remove', exact: true }).click();
    await dialog.getByLabel('Code', { exact: true }).fill(codeOf(secret, 0));
    await dialog.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('App removed').waitFor();
    await page.getByText('You have no apps yet.').waitFor();
    assertQuiet(old, url, /403/);
  });
});
