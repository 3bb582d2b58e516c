import assert from 'node:assert/strict';
import { after, describe, type TestContext, test } from 'node:test';
import type { Page } from 'playwright-core';
import { findViolations } from './axe.ts';
import { launchChromium, withoutChromium } from './browser-page.ts';
import { addAuthenticator } from './virtual-authenticator.ts';
import { assertQuiet, type Person, signIn, startWithPages, visit } from './visitor.ts';

const password = 'violet harbour anvil 93';
const admin = {
  username: 'root.admin',
  email: 'root@example.com',
  password: 'granite lantern 48 oak',
};

/** As an application's own page does it: password, then passkey. The status of the last answer. */
function signInInTwoSteps(credentials: { username: string; password: string }): string {
  return `(async () => {
    const post = (path, body) => fetch('/api/users/login' + path, {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
    });
    const { details } = await (await post('', ${JSON.stringify(credentials)})).json();
    const asked = { second_factor_challenge: details.challenge };
    const { challenge, options } = await (await post('/passkey/options', asked)).json();
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
    const response = (await navigator.credentials.get({ publicKey })).toJSON();
    const step = { challenge: details.challenge, passkey: { challenge, response } };
    return (await post('/second-factor', step)).status;
  })()`;
}

describe('passkeys, in a browser', { skip: withoutChromium }, async () => {
  const server = await startWithPages({ after });
  const { url } = server;
  const browser = await launchChromium();
  after(() => browser.close());
  await server.request('POST', '/api/admins/register', { body: admin });

  async function register(username: string): Promise<Person> {
    const person = { username, email: `${username}@example.com`, password };
    const { status } = await server.request('POST', '/api/users/register', { body: person });
    assert.equal(status, 201);
    return person;
  }

  /** Signed in on the page where passkeys are added. */
  async function atPasskeys(t: TestContext, person: Person, realm: 'user' | 'admin' = 'user') {
    const visitor = await visit(t, browser);
    await signIn(visitor, url, person, realm);
    const path = realm === 'user' ? '/app/security' : '/app/admin/account';
    await visitor.page.goto(url + path);
    await visitor.page.getByRole('heading', { name: 'Passkeys' }).waitFor();
    return visitor;
  }

  /** Gives the recovery codes. */
  async function enrol(page: Page): Promise<string[]> {
    await page.getByRole('button', { name: 'Add a passkey' }).click();
    const dialog = page.getByRole('dialog', { name: 'Recovery codes' });
    await dialog.waitFor();
    const codes = await dialog.getByRole('listitem').allInnerTexts();
    await dialog.getByRole('button', { name: 'I have saved them' }).click();
    await page.getByText('never used').waitFor();
    return codes;
  }

  async function signOut(page: Page): Promise<void> {
    await page.context().clearCookies();
    await page.evaluate('localStorage.clear()');
  }

  /** What waits in the field would sign in before the button is pressed. */
  async function withoutAutofill(page: Page): Promise<void> {
    await page.addInitScript(`if (location.hash === '#button')
      PublicKeyCredential.isConditionalMediationAvailable = async () => false;`);
  }

  async function signInByButton(page: Page): Promise<void> {
    await withoutAutofill(page);
    await page.goto(`${url}/app/sign-in#button`);
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await page.waitForURL(`${url}/app`);
  }

  test('a passkey is added, signs in by button and by autofill, and is removed', async (t) => {
    const visitor = await atPasskeys(t, await register('ada.lovelace'));
    const { page } = visitor;
    await addAuthenticator(page);
    await enrol(page);
    assert.deepEqual(await findViolations(page), []);
    await signOut(page);
    await signInByButton(page);
    await signOut(page);
    // Nobody clicks: the passkey is chosen in the field for the name.
    await page.goto(`${url}/app/sign-in`);
    await page.waitForURL(`${url}/app`);
    await page.getByRole('heading', { name: 'Profile' }).waitFor();
    await page.goto(`${url}/app/security`);
    await page.getByText('last used').waitFor();
    await page.getByRole('button', { name: /^More actions: / }).click();
    await page.getByRole('menuitem', { name: 'Rename' }).click();
    await page.getByLabel('Name', { exact: true }).fill('The laptop');
    assert.deepEqual(await findViolations(page), []);
    await page.getByRole('button', { name: 'Save changes' }).click();
    await page.getByText('The laptop').waitFor();
    await page.getByRole('button', { name: 'More actions: The laptop' }).click();
    await page.getByRole('menuitem', { name: 'Remove' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Remove' }).click();
    await page.getByText('You have no passkeys yet.').waitFor();
    assertQuiet(visitor, url);
  });

  test('an authenticator that keeps no keys adds no passkey, and the page says so', async (t) => {
    const { page } = await atPasskeys(t, await register('grace.hopper'));
    await addAuthenticator(page, { isResident: false });
    await page.getByRole('button', { name: 'Add a passkey' }).click();
    const panel = page.getByRole('region', { name: 'Passkeys' });
    await panel
      .getByRole('alert')
      .getByText(/passkey/)
      .waitFor();
    await page.getByText('You have no passkeys yet.').waitFor();
  });

  test('without user verification a passkey is a second factor, and none for admins', async (t) => {
    const person = await register('mary.shelley');
    const visitor = await atPasskeys(t, person);
    await addAuthenticator(visitor.page, { verifiesUsers: false });
    await enrol(visitor.page);
    const { username } = person;
    assert.equal(await visitor.page.evaluate(signInInTwoSteps({ username, password })), 200);
    const { page } = await atPasskeys(t, admin, 'admin');
    await addAuthenticator(page, { verifiesUsers: false });
    await page.getByRole('button', { name: 'Add a passkey' }).click();
    const panel = page.getByRole('region', { name: 'Passkeys' });
    await panel
      .getByRole('alert')
      .getByText(/passkey/)
      .waitFor();
  });

  test('who has lost the passkey gets in with a recovery code, and takes another passkey', async (t) => {
    const person = await register('lise.meitner');
    const visitor = await atPasskeys(t, person);
    const { page } = visitor;
    const lost = await addAuthenticator(page);
    const [code = ''] = await enrol(page);
    await lost.remove();
    await signOut(page);
    await withoutAutofill(page);
    await page.goto(`${url}/app/sign-in#button`);
    await page.getByLabel('Username or email address').fill(person.username);
    await page.getByLabel('Password', { exact: true }).fill(person.password);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Use a code instead' }).click();
    assert.deepEqual(await findViolations(page), []);
    await page.getByLabel('Code', { exact: true }).fill(code);
    await page.keyboard.press('Enter');
    await page.waitForURL(`${url}/app`);

    // The lost one goes, and a new one signs in.
    await page.goto(`${url}/app/security`);
    await page.getByText('9 are left').waitFor();
    await addAuthenticator(page);
    await page.getByRole('button', { name: 'Add a passkey' }).click();
    await page
      .getByRole('button', { name: /^More actions: / })
      .nth(1)
      .waitFor();
    await page
      .getByRole('button', { name: /^More actions: / })
      .first()
      .click();
    await page.getByRole('menuitem', { name: 'Remove' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await page
      .getByRole('button', { name: /^More actions: / })
      .nth(1)
      .waitFor({ state: 'detached' });
    await signOut(page);
    await signInByButton(page);
    assertQuiet(visitor, url, /401/);
  });

  test('an admin signs in with a passkey to the console', async (t) => {
    const visitor = await atPasskeys(t, admin, 'admin');
    const { page } = visitor;
    await addAuthenticator(page);
    await enrol(page);
    await signOut(page);
    await withoutAutofill(page);
    await page.goto(`${url}/app/admin/sign-in#button`);
    await page.getByRole('heading', { name: 'Admin console' }).waitFor();
    assert.deepEqual(await findViolations(page), []);
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await page.waitForURL(`${url}/app/admin`);
    assertQuiet(visitor, url);
  });

  test('a copy of a passkey with an older counter is refused, and its owner is told', async (t) => {
    const person = await register('hedy.lamarr');
    const { page } = await atPasskeys(t, person);
    const authenticator = await addAuthenticator(page);
    await enrol(page);
    const [copied] = await authenticator.credentials();
    assert.ok(copied?.isResidentCredential);
    await signOut(page);
    await signInByButton(page);
    await authenticator.remove();
    const copy = await addAuthenticator(page);
    await copy.add({ ...copied, signCount: 0 });
    await signOut(page);
    await page.goto(`${url}/app/sign-in`);
    await page.getByText('The passkey was not accepted.').waitFor();
    await page.goto(`${url}/app/mailbox`);
    const mail = page.getByRole('article').filter({ hasText: person.email });
    await mail.getByRole('heading', { name: /^A passkey of your account may have/ }).waitFor();
  });
});
