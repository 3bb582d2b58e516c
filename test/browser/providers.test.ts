import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import type { Page } from 'playwright-core';
import { eventually } from '../faults/eventually.ts';
import { startTestProvider } from '../providers/test-provider.ts';
import { findViolations } from './axe.ts';
import { launchChromium, withoutChromium } from './browser-page.ts';
import { type Person, signIn, startWithPages, visit } from './visitor.ts';

const password = 'violet harbour anvil 93';
const pictures = join(import.meta.dirname, '../../.tmp/pictures/providers');

const people = [
  { sub: 'ada', email: 'ada@example.net', email_verified: true, name: 'Ada Lovelace' },
  { sub: 'grace', email: 'grace@example.net', email_verified: true, name: 'Grace Hopper' },
  { sub: 'mallory', email: 'edith@example.com', email_verified: false, name: 'Mallory' },
];

describe('sign-in by providers, in a browser', { skip: withoutChromium }, async () => {
  const idp = await startTestProvider({ people });
  after(() => idp.close());
  const server = await startWithPages(
    { after },
    {
      OIDC_PROVIDERS: 'test',
      OIDC_TEST_ISSUER: idp.issuer,
      OIDC_TEST_NAME: 'Example ID',
      OIDC_TEST_TRUST_EMAIL: 'true',
      OIDC_ALLOW_PRIVATE: 'true',
      LOG_FORMAT: 'json',
    },
  );
  const { url } = server;
  const browser = await launchChromium();
  after(() => browser.close());
  before(() => mkdirSync(pictures, { recursive: true }));

  async function register(username: string): Promise<Person> {
    const person = { username, email: `${username}@example.com`, password };
    const { status } = await server.request('POST', '/api/users/register', { body: person });
    assert.equal(status, 201);
    return person;
  }

  /** Clicks through the provider's own page. */
  async function choose(page: Page, sub: string): Promise<void> {
    await page.getByRole('heading', { name: 'Test provider' }).waitFor();
    await page.getByRole('button', { name: new RegExp(`^${sub}`) }).click();
  }

  test('somebody new signs up with a provider, comes back, and signs in again', async (t) => {
    const visitor = await visit(t, browser, { width: 390 });
    const { page } = visitor;
    await page.goto(`${url}/app/sign-up`);
    await page.screenshot({ path: join(pictures, 'sign-up-390.png') });
    await page.getByRole('link', { name: 'Continue with Example ID' }).click();
    await choose(page, 'ada');
    await page.waitForURL(`${url}/app`);
    await page.getByRole('main').getByText('ada@example.net').first().waitFor();
    await page.goto(`${url}/app/security`);
    await page.getByRole('heading', { name: 'Connected accounts' }).waitFor();
    assert.deepEqual(visitor.complaints(), []);

    const again = await visit(t, browser);
    await again.page.goto(`${url}/app/sign-in?return_to=/app/security`);
    await again.page.getByRole('link', { name: 'Continue with Example ID' }).click();
    await choose(again.page, 'ada');
    await again.page.waitForURL(`${url}/app/security`);
    await again.page.getByText('ada@example.net').waitFor();
    assert.deepEqual(again.complaints(), []);
  });

  test('an account links a provider and unlinks it', async (t) => {
    const person = await register('jean.bartik');
    const visitor = await visit(t, browser);
    const { page } = visitor;
    await signIn(visitor, url, person);
    await page.goto(`${url}/app/security`);
    await page.getByRole('button', { name: 'Link Example ID' }).click();
    await choose(page, 'grace');
    await page.waitForURL(`${url}/app/security`);
    await page.getByText('grace@example.net').waitFor();
    await page.getByRole('heading', { name: 'Connected accounts' }).scrollIntoViewIfNeeded();
    await page.screenshot({ path: join(pictures, 'linked-1280.png') });
    await page.getByRole('button', { name: 'Unlink' }).click();
    await page.screenshot({ path: join(pictures, 'unlink-1280.png') });
    await page.getByRole('dialog').getByRole('button', { name: 'Unlink' }).click();
    await page.getByRole('button', { name: 'Link Example ID' }).waitFor();
    assert.deepEqual(visitor.complaints(), []);
  });

  test('the last way in stays, and the page says so', async (t) => {
    const visitor = await visit(t, browser);
    const { page } = visitor;
    await page.goto(`${url}/app/sign-in`);
    await page.getByRole('link', { name: 'Continue with Example ID' }).click();
    await choose(page, 'ada');
    await page.waitForURL(`${url}/app`);
    await page.goto(`${url}/app/security`);
    await page.getByRole('button', { name: 'Unlink' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Unlink' }).click();
    await page.getByRole('alert').getByText('last way').waitFor();
    assert.deepEqual(visitor.complaints(/409/), []);
  });

  test('who refuses, or whose address is taken, sees one page with a reference', async (t) => {
    await register('edith');
    const visitor = await visit(t, browser, { width: 390, colorScheme: 'dark' });
    const { page } = visitor;
    const texts: string[] = [];
    for (const who of ['Refuse', 'mallory']) {
      await page.goto(`${url}/app/sign-in`);
      await page.getByRole('link', { name: 'Continue with Example ID' }).click();
      await choose(page, who);
      await page.getByRole('heading', { name: 'That did not work' }).waitFor();
      const reference = (await page.locator('#request-id:not(:empty)').textContent()) ?? '';
      assert.match(reference, /^[0-9a-f-]{36}$/);
      await eventually('its line in the log', () => server.logs().includes(reference));
      texts.push(((await page.locator('main').textContent()) ?? '').replace(reference, ''));
    }
    assert.equal(texts[0], texts[1]);
    await page.screenshot({ path: join(pictures, 'failed-390-dark.png') });
    await page.getByRole('link', { name: 'Sign in' }).click();
    await page.waitForURL(`${url}/app/sign-in`);
    assert.deepEqual(visitor.complaints(), []);
  });

  async function lookAt(t: TestContext, look: Parameters<typeof visit>[2], name: string) {
    const { page } = await visit(t, browser, look);
    for (const path of ['sign-in', 'sign-up', 'sign-in-failed']) {
      await page.goto(`${url}/app/${path}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      assert.deepEqual(await findViolations(page), []);
      await page.screenshot({ path: join(pictures, `${path}-${name}.png`) });
    }
  }

  test('the buttons are accessible in both languages, light and dark', async (t) => {
    await lookAt(t, { locale: 'de-DE', width: 390 }, 'de-390');
    await lookAt(t, { locale: 'en-GB', colorScheme: 'dark' }, 'en-1280-dark');
    const german = await visit(t, browser, { locale: 'de-DE' });
    await german.page.goto(`${url}/app/sign-in`);
    await german.page.getByRole('link', { name: 'Weiter mit Example ID' }).waitFor();
  });

  test('a code for the second factor is asked for on the page that a provider leads to', async (t) => {
    const person = await register('kay.mcnulty');
    const visitor = await visit(t, browser);
    const { page } = visitor;
    await signIn(visitor, url, person);
    await page.goto(`${url}/app/security`);
    await page.getByRole('button', { name: 'Link Example ID' }).click();
    await choose(page, 'grace');
    await page.getByText('grace@example.net').waitFor();
    const login = await server.request<{ access_token: string }>('POST', '/api/users/login', {
      body: { username: person.username, password },
    });
    const token = login.body.access_token;
    const begun = await server.request<{ id: string; secret: string }>(
      'POST',
      '/api/users/me/factors/totp',
      { body: {}, token },
    );
    const { Secret, TOTP } = await import('otpauth');
    const totp = new TOTP({ secret: Secret.fromBase32(begun.body.secret) });
    const confirmed = await server.request<{ recovery_codes: string[] }>(
      'POST',
      `/api/users/me/factors/totp/${begun.body.id}/confirm`,
      { body: { code: totp.generate() }, token },
    );
    const other = await visit(t, browser);
    await other.page.goto(`${url}/app/sign-in`);
    await other.page.getByRole('link', { name: 'Continue with Example ID' }).click();
    await choose(other.page, 'grace');
    const field = other.page.getByLabel('Code', { exact: false }).first();
    await field.fill(confirmed.body.recovery_codes[0] ?? '');
    assert.doesNotMatch(other.page.url(), /challenge/);
    await other.page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await other.page.waitForURL(`${url}/app`);
  });
});
