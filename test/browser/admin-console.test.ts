import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, describe, type TestContext, test } from 'node:test';
import { launchChromium, withoutChromium } from './browser-page.ts';
import { assertQuiet, signIn, startWithPages, visit } from './visitor.ts';

const admin = {
  username: 'root.admin',
  email: 'root@example.com',
  password: 'granite lantern 48 oak',
};
const password = 'violet harbour anvil 93';
const names = Array.from({ length: 30 }, (_, at) => `user.${String(at).padStart(2, '0')}`);

describe('the admin console, in a browser', { skip: withoutChromium }, async () => {
  const server = await startWithPages({ after });
  const { url } = server;
  const browser = await launchChromium();
  after(() => browser.close());
  await server.request('POST', '/api/admins/register', { body: admin });
  for (const username of names) {
    const body = { username, email: `${username}@example.com`, password };
    await server.request('POST', '/api/users/register', { body });
  }

  async function open(t: TestContext, path: string) {
    const visitor = await visit(t, browser);
    await signIn(visitor, url, admin, 'admin');
    await visitor.page.goto(url + path);
    return { visitor, page: visitor.page };
  }

  test('users are searched while one types; address and back button hold what is shown', async (t) => {
    const { visitor, page } = await open(t, '/app/admin/users');
    await page.getByRole('row').nth(25).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('user.07');
    await page.getByRole('row').nth(2).waitFor({ state: 'detached' });
    await page.waitForURL(`${url}/app/admin/users?q=user.07`);
    await page.getByLabel('State').selectOption('Deactivated');
    await page.getByText('No user matches').waitFor();
    await page.goBack();
    await page.getByRole('link', { name: /user\.07/ }).waitFor();
    await page.reload();
    assert.equal(await page.getByRole('searchbox').inputValue(), 'user.07');
    assertQuiet(visitor, url);
  });

  test('pages, order and columns are chosen, and the rows move with the keys', async (t) => {
    const { page } = await open(t, '/app/admin/users?sort=username');
    await page.getByRole('link', { name: /user\.00/ }).waitFor();
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByRole('link', { name: /user\.25/ }).waitFor();
    await page.getByRole('button', { name: 'Previous' }).click();
    await page.getByRole('link', { name: /user\.00/ }).waitFor();
    await page.getByRole('button', { name: 'User', exact: true }).click();
    await page.getByRole('link', { name: /user\.29/ }).waitFor();
    assert.equal(
      await page.getByRole('columnheader', { name: 'User' }).getAttribute('aria-sort'),
      'descending',
    );
    await page.getByRole('button', { name: 'Columns' }).click();
    await page.getByRole('menuitemcheckbox', { name: 'Email address' }).click();
    await page.getByRole('columnheader', { name: 'Email address' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: /user\.29/ }).focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press(' ');
    await page.getByText('1 selected').waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'user.28' }).waitFor();
  });

  test('a selection is exported as CSV, and deactivated at once', async (t) => {
    const { page } = await open(t, '/app/admin/users?q=user.1');
    await page.getByLabel('Select user.11').check();
    await page.getByLabel('Select user.12').check();
    const downloading = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export as CSV' }).click();
    const lines = readFileSync(await (await downloading).path(), 'utf8')
      .trim()
      .split('\r\n');
    assert.equal(lines.length, 3);
    assert.match(lines[0] ?? '', /^id,username,email,/);
    await page.getByRole('button', { name: 'Deactivate' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Deactivate' }).click();
    await page.getByText('2 users deactivated').waitFor();
    const login = { body: { username: 'user.11', password } };
    assert.equal((await server.request('POST', '/api/users/login', login)).status, 401);
  });

  test('a user is edited, promoted, signed out, deleted and restored', async (t) => {
    await server.request('POST', '/api/users/login', { body: { username: 'user.20', password } });
    const { visitor, page } = await open(t, '/app/admin/users?q=user.20');
    await page.getByRole('link', { name: /user\.20/ }).click();
    await page.getByRole('button', { name: 'Edit' }).click();
    await page.getByRole('dialog').getByLabel('Full name').fill('Ada Lovelace');
    await page.getByRole('dialog').getByRole('button', { name: 'Save changes' }).click();
    await page.getByRole('heading', { name: 'Ada Lovelace' }).waitFor();
    await page.getByRole('button', { name: 'Sign out everywhere' }).click();
    await page.getByText('Not signed in anywhere.').waitFor();
    await page.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'Make superuser' }).click();
    await page.getByText('Superuser', { exact: true }).waitFor();
    await page.getByLabel('Of the application').fill('{"plan": "pro"}');
    await page.getByRole('button', { name: 'Save changes' }).click();
    await page.getByText('Saved', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByText('This user is deleted.').waitFor();
    await page.getByRole('button', { name: 'Restore' }).click();
    await page.getByText('User restored').waitFor();
    const activity = page.getByRole('region', { name: 'Activity' });
    await activity.getByText('Account restored').waitFor();
    assertQuiet(visitor, url);
  });

  test('two admins who change one user: the second is told, and sees the newest state', async (t) => {
    const { visitor, page } = await open(t, '/app/admin/users?q=user.21');
    await page.getByRole('link', { name: /user\.21/ }).click();
    await page.getByRole('button', { name: 'Edit' }).click();
    const login = await server.request('POST', '/api/admins/login', {
      body: { username: admin.username, password: admin.password },
    });
    const id = new URL(page.url()).pathname.split('/').at(-1);
    const change = {
      token: String(login.body.access_token),
      body: { full_name: 'Of the other admin' },
    };
    assert.equal((await server.request('PATCH', `/api/admins/users/${id}`, change)).status, 200);
    await page.getByRole('dialog').getByLabel('Full name').fill('Of this admin');
    await page.getByRole('dialog').getByRole('button', { name: 'Save changes' }).click();
    await page.getByText('Somebody else has changed this').waitFor();
    await page.getByRole('heading', { name: 'Of the other admin', includeHidden: true }).waitFor();
    assertQuiet(visitor, url, /412/);
  });

  test('another admin is made, and the last superadmin cannot step down', async (t) => {
    const { page } = await open(t, '/app/admin/admins');
    await page.getByRole('button', { name: 'More actions: root.admin' }).click();
    await page.getByRole('menuitem', { name: 'Remove superadmin' }).click();
    await page
      .getByRole('status')
      .getByText(/superadmin/i)
      .waitFor();
    await page.getByRole('button', { name: 'New admin' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Email address').fill('grace@example.com');
    await dialog.getByLabel('Username').fill('grace.hopper');
    await dialog.getByLabel('Password', { exact: true }).fill('meadow copper 77 drift');
    await dialog.getByRole('button', { name: 'Create admin' }).click();
    await page.getByRole('row', { name: /grace\.hopper/ }).waitFor();
  });

  test('the audit log is filtered, and leads to the user', async (t) => {
    const { page } = await open(t, '/app/admin/audit');
    await page.getByLabel('Event').selectOption('Account created');
    await page.waitForURL(/event=account_registered/);
    await page
      .getByRole('link', { name: /^User / })
      .first()
      .click();
    await page.getByRole('heading', { name: 'Devices' }).waitFor();
    await page.getByRole('link', { name: 'Audit log' }).last().click();
    await page.waitForURL(/subject=/);
  });

  test('a test mail goes through the queue', async (t) => {
    const { page } = await open(t, '/app/admin/mails');
    await page.getByRole('button', { name: 'Send a test mail' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Send a test mail' }).click();
    // The notice of the sign-in went to the same address.
    const sent = page
      .getByRole('row')
      .filter({ has: page.getByRole('cell', { name: 'Test', exact: true }) });
    await sent.filter({ hasText: admin.email }).waitFor();
  });
});
