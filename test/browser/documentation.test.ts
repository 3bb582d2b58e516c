import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { eventually } from '../faults/eventually.ts';
import { findViolations } from './axe.ts';
import { launchChromium, openPage, withoutChromium } from './browser-page.ts';
import { startWithPages } from './visitor.ts';

// Texts with too low a contrast, as the page itself computes them.
const faintTexts = readFileSync(join(import.meta.dirname, 'faint-texts.js'), 'utf8');

describe('the documentation pages in a browser', { skip: withoutChromium }, async () => {
  const server = await startWithPages({ after }, { PROJECT_NAME: 'Ada & Co' });
  const browser = await launchChromium();
  after(() => browser.close());

  test('every operation is there, and a sign-in fills in the token of the next call', async (t) => {
    const { page, complaints, foreign } = await openPage(t, browser, `${server.url}/docs`);
    const { body } = await server.request<{ paths: Record<string, object> }>(
      'GET',
      '/openapi.json',
    );
    const operations = Object.values(body.paths).flatMap((methods) => Object.keys(methods));
    assert.equal(await page.locator('details.try').count(), operations.length);

    const credentials = { username: 'ada.lovelace', password: 'violet harbour anvil 93' };
    const registration = { ...credentials, email: 'ada@example.com' };
    await enter(page, 'postUsersRegister', registration);
    assert.match(await tryOut(page, 'postUsersRegister'), /^201 Created · \d+ ms/);
    assert.match(await tryOut(page, 'getUsersMe'), /^401/);
    await enter(page, 'postUsersLogin', credentials);
    assert.match(await tryOut(page, 'postUsersLogin'), /^200/);
    assert.match(await tryOut(page, 'getUsersMe'), /^200.*"username": "ada\.lovelace"/s);
    assert.deepEqual(await findViolations(page, { part: '#tag-users' }), []);

    const kept = await page.evaluate<string[]>(
      '[Object.keys(localStorage), Object.keys(sessionStorage)].map(String)',
    );
    assert.deepEqual(kept, ['', 'adl:docs:userToken'], 'the token is kept for this tab alone');
    assert.equal(complaints.length, 1, complaints.join('\n'));
    assert.match(complaints[0] ?? '', /401/, 'the refused call is all that the browser reports');
    assert.deepEqual(foreign(), []);
  });

  test('the service accepts the login body that the form offers', async (t) => {
    const { page } = await openPage(t, browser, `${server.url}/docs`);
    assert.match(await tryOut(page, 'postUsersLogin'), /^401/);
  });

  test('a list tried out unchanged gives its first page; a token survives a reload', async (t) => {
    const { page } = await openPage(t, browser, `${server.url}/docs`);
    const credentials = { username: 'root.admin', password: 'granite lantern 48 oak' };
    const registration = { ...credentials, email: 'root@example.com' };
    await server.request('POST', '/api/admins/register', { body: registration });
    const login = await server.request('POST', '/api/admins/login', { body: credentials });
    await open(page, 'getAdminsUsers');
    await field(page, 'getAdminsUsers', 'Access token').fill(String(login.body.access_token));
    await page.reload();
    for (const id of ['getAdminsUsers', 'getAdminsAuditEvents', 'getAdminsMails']) {
      const asked = page.waitForRequest((request) =>
        new URL(request.url()).pathname.startsWith('/api/'),
      );
      assert.match(await tryOut(page, id), /^200/, id);
      assert.equal(new URL((await asked).url()).search, '', id);
    }
    await field(page, 'getAdminsUsers', 'page_size').fill('1');
    assert.match(await tryOut(page, 'getAdminsUsers'), /"page_size": 1\b/);
  });

  test('an answer full of markup is text, and no name leaves its place in the address', async (t) => {
    const { page, complaints } = await openPage(t, browser, `${server.url}/docs`);
    page.on('dialog', () => assert.fail('a script of an answer ran'));
    await page.route('**/api/users/me', (route) =>
      route.fulfill({ contentType: 'text/html', body: '<img src=x onerror=alert(1)>' }),
    );
    assert.match(await tryOut(page, 'getUsersMe'), /<img src=x onerror=alert\(1\)>/);
    const id = 'deleteUsersMeSessionsById';
    await open(page, id);
    await field(page, id, 'id').fill('../../register?x=/#y');
    const asked = page.waitForRequest((request) => request.method() === 'DELETE');
    await tryOut(page, id);
    const { pathname, search } = new URL((await asked).url());
    assert.equal(pathname + search, '/api/users/me/sessions/..%2F..%2Fregister%3Fx%3D%2F%23y');
    assert.deepEqual(
      complaints.filter((one) => !/40[14]|422/.test(one)),
      [],
    );
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [390, 768, 1440]) {
      test(`the reference is readable at ${width} px, ${colorScheme}`, async (t) => {
        const { page, complaints, foreign } = await openPage(t, browser, `${server.url}/docs`);
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 900 });
        assert.equal(await page.title(), 'Ada & Co API');
        assert.equal(await page.locator('h1').textContent(), 'Ada & Co API');
        assert.equal(
          await page.evaluate('document.documentElement.scrollWidth <= innerWidth'),
          true,
        );
        assert.deepEqual(await page.evaluate(faintTexts), []);
        // A long page, on which axe takes seconds. The script above has judged the contrast.
        if (width === 390)
          assert.deepEqual(await findViolations(page, { without: 'color-contrast' }), []);
        await openContents(page);
        await page.locator('nav a[href="#postUsersLogin"]').click();
        const login = page.locator('#postUsersLogin');
        await untilAtTop(login);
        assert.equal(await page.locator('nav:popover-open').count(), 0);
        assert.match(await textOf(login), /Sign in with username or e-mail and password/);
        assert.match(await textOf(login), /The username or the e-mail address/);
        assert.match(await textOf(login), /curl -X POST http.*\/api\/users\/login/);
        assert.deepEqual(complaints, []);
        assert.deepEqual(foreign(), []);
      });
    }
  }

  test('the reference works by keyboard, and has landmarks and headings', async (t) => {
    const { page } = await openPage(t, browser, `${server.url}/docs`);
    await page.setViewportSize({ width: 390, height: 844 });
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate('document.activeElement.textContent'), 'Skip to the content');
    await page.getByRole('button', { name: 'Contents' }).press('Enter');
    assert.equal(await page.getByRole('navigation', { name: 'Contents' }).isVisible(), true);
    await page.keyboard.press('Escape');
    assert.equal(await page.getByRole('navigation', { name: 'Contents' }).isVisible(), false);
    assert.deepEqual(
      [await page.getByRole('main').count(), await page.getByRole('banner').count()],
      [1, 1],
    );
    const levels = await page
      .locator('main :is(h1, h2, h3, h4)')
      .evaluateAll((all) => all.map((one) => Number(one.tagName[1])));
    levels.reduce((above, level) => {
      assert.ok(level <= above + 1, `h${level} below h${above}`);
      return level;
    });
  });
});

/** Below 1100 px the table of contents opens with a button. */
async function openContents(page: Page): Promise<void> {
  const button = page.getByRole('button', { name: 'Contents' });
  if (await button.isVisible()) await button.click();
}

async function open(page: Page, operationId: string): Promise<Locator> {
  const form = page.locator(`#${operationId} form`);
  if (!(await form.isVisible())) await page.locator(`#${operationId} summary`).click();
  return form;
}

function field(page: Page, operationId: string, label: string): Locator {
  return page.locator(`#${operationId} form`).getByLabel(label, { exact: false }).first();
}

async function enter(page: Page, operationId: string, body: object): Promise<void> {
  await open(page, operationId);
  await field(page, operationId, 'Body').fill(JSON.stringify(body));
}

/** Sends an operation with what its form has; returns what is shown of the answer. */
async function tryOut(page: Page, operationId: string): Promise<string> {
  const form = await open(page, operationId);
  const answered = page.waitForResponse((response) =>
    new URL(response.url()).pathname.startsWith('/api/'),
  );
  await form.getByRole('button', { name: 'Send' }).click();
  const status = String((await answered).status());
  const shown = form.getByRole('status').locator('figure', { hasText: status });
  await shown.waitFor();
  return textOf(shown);
}

async function textOf(locator: Locator): Promise<string> {
  return (await locator.textContent()) ?? '';
}

/** Polls from outside: the page's policy forbids what Playwright's own wait evaluates. */
async function untilAtTop(element: Locator): Promise<void> {
  await eventually('the operation is at the top', async () => {
    const top = (await element.boundingBox())?.y ?? Number.POSITIVE_INFINITY;
    return Math.abs(top - 100) < 100;
  });
}
