import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { findViolations } from './axe.ts';
import { launchChromium, withoutChromium } from './browser-page.ts';
import { assertQuiet, startWithPages, visit } from './visitor.ts';

const person = {
  username: 'ada.lovelace',
  email: 'ada@example.com',
  password: 'violet harbour anvil 93',
};

describe('pages that are asked for puzzles, in a browser', { skip: withoutChromium }, async () => {
  const { url } = await startWithPages({ after }, { ABUSE_CHALLENGE: 'always' });
  const browser = await launchChromium();
  after(() => browser.close());

  test('K12 sign up, forget the password and sign in after a failure, and see no puzzle', async (t) => {
    const visitor = await visit(t, browser, { width: 390 });
    const { page, requested } = visitor;
    const workers: string[] = [];
    page.on('worker', (worker) => workers.push(worker.url()));
    await page.goto(`${url}/app/sign-up`);
    await page.getByLabel('Email address').fill(person.email);
    await page.getByLabel('Username').fill(person.username);
    await page.getByLabel('Password', { exact: true }).fill(person.password);
    assert.ok(
      !requested.some((one) => one.includes('puzzle')),
      'nothing is loaded before it is asked',
    );
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.getByRole('heading', { name: 'Profile', level: 1 }).waitFor();
    assert.equal(workers.length, 1);
    assert.match(workers[0] ?? '', /\/app\/static\/puzzle-worker-\w+\.js$/);

    const other = await visit(t, browser);
    await other.page.goto(`${url}/app/forgot-password`);
    await other.page.getByLabel('Email address').fill(person.email);
    await other.page.getByRole('button', { name: /link/i }).click();
    await other.page.getByText(person.email).waitFor();
    assert.deepEqual(await findViolations(other.page), []);

    await other.page.goto(`${url}/app/sign-in`);
    const fill = async (password: string) => {
      await other.page.getByLabel('Username or email address').fill(person.username);
      await other.page.getByLabel('Password', { exact: true }).fill(password);
      await other.page.getByRole('button', { name: 'Sign in', exact: true }).click();
    };
    await fill('not the password');
    await other.page.getByText('Invalid username or password').waitFor();
    await fill(person.password);
    await other.page.waitForURL(`${url}/app`);
    assertQuiet(visitor, url, /428/);
    assertQuiet(other, url, /428|401/);
  });

  test('K12 a browser that starts no worker solves the puzzle in the page', async (t) => {
    const visitor = await visit(t, browser);
    const { page } = visitor;
    await page.route('**/puzzle-worker-*.js', (route) => route.abort());
    await page.goto(`${url}/app/forgot-password`);
    await page.getByLabel('Email address').fill(person.email);
    await page.getByRole('button', { name: /link/i }).click();
    await page.getByText(person.email).waitFor();
    assertQuiet(visitor, url, /428|ERR_FAILED/);
  });
});
