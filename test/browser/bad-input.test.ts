import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { launchChromium, withoutChromium } from './browser-page.ts';
import { signIn, startWithPages, visit } from './visitor.ts';

const user = {
  username: 'ada.lovelace',
  email: 'ada@example.com',
  password: 'violet harbour anvil 93',
};

describe('what goes wrong with the pages, in a browser', { skip: withoutChromium }, async () => {
  const server = await startWithPages({ after });
  const { url } = server;
  const browser = await launchChromium();
  after(() => browser.close());
  await server.request('POST', '/api/users/register', { body: user });

  test('a wrong password is said in words, and the name stays', async (t) => {
    const { page } = await visit(t, browser);
    await page.goto(`${url}/app/sign-in`);
    await page.getByLabel('Username or email address').fill(user.username);
    await page.getByLabel('Password', { exact: true }).fill('amber kettle 17');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('Invalid username or password.').waitFor();
    assert.equal(await page.getByLabel('Username or email address').inputValue(), user.username);
  });

  test("the service's message stands beside each field, and the first one has the focus", async (t) => {
    const { page } = await visit(t, browser);
    await page.goto(`${url}/app/sign-up`);
    await page.getByRole('button', { name: 'Create account' }).click();
    assert.equal(await page.getByText('This field is required').count(), 3);
    await page.getByLabel('Email address').fill(user.email);
    await page.getByLabel('Username').fill('x');
    await page.getByLabel('Password', { exact: true }).fill('short');
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.getByText('It must have at least 3 characters.').waitFor();
    await page.getByText('It must have at least 8 characters.').waitFor();
    const username = page.getByLabel('Username');
    assert.equal(await username.getAttribute('aria-invalid'), 'true');
    assert.equal(await username.evaluate((one) => one === one.ownerDocument.activeElement), true);
    await username.fill('somebody.else');
    await page.getByLabel('Password', { exact: true }).fill(user.password);
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.getByText('This email is already registered.').waitFor();
  });

  test('who signs up and has to verify the address first is told so, and not asked to sign up again', async (t) => {
    const { page } = await visit(t, browser);
    await page.goto(`${url}/app/sign-up`);
    const details = { reason: 'email_not_verified' };
    await page.route('**/api/users/login', (route) =>
      route.fulfill({
        status: 403,
        json: { error: 'AuthorizationError', message: 'Not verified', details },
      }),
    );
    await page.getByLabel('Email address').fill('new@example.com');
    await page.getByLabel('Username').fill('new.comer');
    await page.getByLabel('Password', { exact: true }).fill(user.password);
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.getByText('Your account has been created.').waitFor();
    await page.getByLabel('Username or email address').fill('new.comer');
    await page.getByLabel('Password', { exact: true }).fill(user.password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByText('Confirm your email address first').waitFor();
  });

  test('a limit counts down, and a request id can be quoted', async (t) => {
    const { page } = await visit(t, browser);
    await page.goto(`${url}/app/sign-in`);
    const id = '2bcc1c11-6220-484a-bf8a-9ecdd384b026';
    const body = { error: 'RateLimitExceeded', message: 'Too many requests', request_id: id };
    await page.route('**/api/users/login', (route) =>
      route.fulfill({ status: 429, headers: { 'retry-after': '5' }, json: body }),
    );
    await page.getByLabel('Username or email address').fill(user.username);
    await page.getByLabel('Password', { exact: true }).fill(user.password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByText(/You can try again in [345] seconds/).waitFor();
    await page.getByText(id).waitFor();
    await page.getByText('You can try again now.').waitFor();
  });

  test('a dropped network keeps what was typed and says so', async (t) => {
    const visitor = await visit(t, browser);
    const { page } = visitor;
    await signIn(visitor, url, user);
    await page.getByLabel('Full name').fill('Ada King');
    await page.route('**/api/users/me', (route) => route.abort());
    await page.getByRole('button', { name: 'Save changes' }).click();
    await page.getByText('What you typed is still here').waitFor();
    assert.equal(await page.getByLabel('Full name').inputValue(), 'Ada King');
    await page.unroute('**/api/users/me');
    await page.getByRole('button', { name: 'Save changes' }).click();
    await page.getByText('Saved', { exact: true }).waitFor();
  });

  test('a double click changes once', async (t) => {
    const visitor = await visit(t, browser);
    const { page } = visitor;
    await signIn(visitor, url, user);
    const changes: string[] = [];
    await page.route('**/api/users/me', async (route) => {
      if (route.request().method() === 'PUT') changes.push('change');
      await new Promise((resolve) => setTimeout(resolve, 300));
      await route.continue();
    });
    await page.getByLabel('Full name').fill('Ada Twice');
    await page.getByRole('button', { name: 'Save changes' }).dblclick();
    await page.getByText('Saved', { exact: true }).waitFor();
    assert.equal(changes.length, 1);
  });

  test('a session that ends in the middle of a form is renewed above it, and nothing is lost', async (t) => {
    const visitor = await visit(t, browser);
    const { page } = visitor;
    await signIn(visitor, url, user);
    await page.getByLabel('Full name').fill('Ada Unsaved');
    const { body } = await server.request('POST', '/api/users/login', {
      body: { username: user.username, password: user.password },
    });
    await server.request('POST', '/api/users/logout-all', { token: String(body.access_token) });
    await page.getByRole('button', { name: 'Save changes' }).click();
    const dialog = page.getByRole('dialog', { name: 'Sign in again' });
    await dialog.getByLabel('Password', { exact: true }).fill(user.password);
    await dialog.getByRole('button', { name: 'Sign in', exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
    assert.equal(await page.getByLabel('Full name').inputValue(), 'Ada Unsaved');
    await page.getByRole('button', { name: 'Save changes' }).click();
    await page.getByText('Saved', { exact: true }).waitFor();
    await page.getByText('Ada Unsaved').first().waitFor();
  });

  test('signing out in one tab ends the other, also after the back button', async (t) => {
    const visitor = await visit(t, browser);
    await signIn(visitor, url, user);
    const second = await visitor.context.newPage();
    await second.goto(`${url}/app/security`);
    await second.getByText('This device').waitFor();
    await visitor.page.getByRole('button', { name: 'Your account' }).click();
    await visitor.page.getByRole('menuitem', { name: 'Sign out' }).click();
    await visitor.page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await second.getByText('You have been signed out.').waitFor();
    await visitor.page.goBack();
    await visitor.page.getByRole('heading', { name: 'Sign in' }).waitFor();
    assert.equal(await visitor.page.getByText(user.email).count(), 0);
  });
});
