import assert from 'node:assert/strict';
import { after, describe, type TestContext, test } from 'node:test';
import type { Page } from 'playwright-core';
import { findViolations } from '../browser/axe.ts';
import { launchChromium, withoutChromium } from '../browser/browser-page.ts';
import { assertQuiet, startWithPages, visit } from '../browser/visitor.ts';
import { buildClient, runExample } from './run-example.ts';

const password = 'violet harbour anvil 93';
const looks = [
  { width: 390, colorScheme: 'dark' },
  { width: 1280, colorScheme: 'light' },
] as const;

describe('the examples, built and clicked through', { skip: withoutChromium }, async () => {
  const server = await startWithPages({ after });
  const browser = await launchChromium();
  after(() => browser.close());
  buildClient();

  for (const name of ['react', 'next']) {
    const url = await runExample({ after }, name, server.url);

    async function signedUp(t: TestContext, username: string) {
      const visitor = await visit(t, browser, looks[1]);
      const { page } = visitor;
      await page.goto(url);
      await page.getByRole('button', { name: 'Create an account' }).click();
      await page.getByLabel('Email address').fill(`${username}@example.com`);
      await page.getByLabel('Username').fill(username);
      await page.getByLabel('Password').fill(password);
      await page.getByRole('button', { name: 'Create account' }).click();
      await page.getByRole('heading', { name: username }).waitFor();
      return visitor;
    }

    test(`${name}: sign up, reload, sign out in two tabs, sign in again`, async (t) => {
      const visitor = await signedUp(t, `ada.${name}`);
      const { page, context } = visitor;
      await page.reload();
      await page.getByText(`ada.${name}@example.com`).waitFor();
      const second = await context.newPage();
      await second.goto(url);
      await second.getByText(`ada.${name}@example.com`).waitFor();
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByRole('heading', { name: 'Sign in' }).waitFor();
      await second.getByRole('heading', { name: 'Sign in' }).waitFor();
      await page.getByLabel('Username or email address').fill(`ada.${name}`);
      await page.getByLabel('Password').fill(password);
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await page.getByRole('heading', { name: `ada.${name}` }).waitFor();
      assertQuiet(visitor, url);
    });

    test(`${name}: an access token that has expired is renewed unseen`, async (t) => {
      const visitor = await signedUp(t, `grace.${name}`);
      const { page } = visitor;
      await page.clock.install();
      await page.reload();
      await page.getByLabel('Full name').fill('Grace');
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText('Saved', { exact: true }).waitFor();
      const refreshes = countRefreshes(page);
      await page.clock.fastForward('20:00');
      await page.getByLabel('Full name').fill('Grace Hopper');
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByRole('heading', { name: 'Grace Hopper' }).waitFor();
      assert.equal(refreshes(), 1, 'by the clock of the page');
      // The service refuses it: here because it is not genuine.
      const withoutToken = { authorization: 'Bearer of.nobody.here' };
      await page.route(
        '**/api/users/me',
        (route) => route.continue({ headers: { ...route.request().headers(), ...withoutToken } }),
        { times: 1 },
      );
      await page.getByLabel('Full name').fill('Grace Murray Hopper');
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByRole('heading', { name: 'Grace Murray Hopper' }).waitFor();
      assert.equal(refreshes(), 2, 'because the service says so');
      assertQuiet(visitor, url, /401/);
    });

    test(`${name}: a session that was ended elsewhere ends at sign-in`, async (t) => {
      const { page } = await signedUp(t, `radia.${name}`);
      const credentials = { username: `radia.${name}`, password };
      const login = await server.request('POST', '/api/users/login', { body: credentials });
      const token = String(login.body.access_token);
      await server.request('POST', '/api/users/logout-all', { token });
      await page.reload();
      await page.getByRole('heading', { name: 'Sign in' }).waitFor();
      assert.equal(await page.getByText(`radia.${name}`).count(), 0);
    });

    test(`${name}: what is wrong is said beside its field, and nothing typed is lost`, async (t) => {
      const { page } = await visit(t, browser);
      await page.goto(url);
      await page.getByRole('button', { name: 'Create an account' }).click();
      await page.getByLabel('Email address').fill('nobody');
      await page.getByLabel('Username').fill('grace.brewster');
      await page.getByLabel('Password').fill('short');
      await page.getByRole('button', { name: 'Create account' }).click();
      await page.getByText('It must have at least 8 characters.').waitFor();
      assert.equal(await page.getByLabel('Username').inputValue(), 'grace.brewster');
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await page.getByLabel('Username or email address').fill('nobody');
      await page.getByLabel('Password').fill(password);
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await page.getByRole('alert').getByText('Invalid username or password.').waitFor();
      await page.route('**/api/users/login', (route) => route.abort());
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await page.getByText('The service cannot be reached.').waitFor();
    });

    test(`${name}: no script and no answer has a token, but the one in memory`, async (t) => {
      const visitor = await signedUp(t, `alan.${name}`);
      const { page, context } = visitor;
      const [cookie, ...others] = await context.cookies();
      assert.deepEqual(others, []);
      assert.deepEqual(
        [cookie?.name, cookie?.httpOnly, cookie?.sameSite],
        ['adl_user', true, 'Strict'],
      );
      const answer = await page.reload();
      const headers = JSON.stringify({ ...(await answer?.allHeaders()), 'set-cookie': '' });
      const text = `${headers}${await page.content()}`;
      const kept = await page.evaluate<string>(
        'JSON.stringify([document.cookie, {...localStorage}, {...sessionStorage}])',
      );
      assert.doesNotMatch(text + kept, /eyJ|r1\./);
      assertQuiet(visitor, url);
    });

    for (const look of looks) {
      test(`${name}: readable and within the window at ${look.width} px`, async (t) => {
        const { page } = await visit(t, browser, look);
        await page.goto(url);
        await page.getByRole('heading', { name: 'Sign in' }).waitFor();
        await assertSound(page);
        await page.getByRole('button', { name: 'Create an account' }).click();
        await page.getByRole('heading', { name: 'Create your account' }).waitFor();
        await assertSound(page);
      });
    }
  }
});

async function assertSound(page: Page): Promise<void> {
  assert.deepEqual(await findViolations(page), []);
  assert.equal(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), true);
}

function countRefreshes(page: Page): () => number {
  let count = 0;
  page.on('request', (request) => {
    if (request.url().endsWith('/api/users/refresh')) count += 1;
  });
  return () => count;
}
