import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { eventually } from '../faults/eventually.ts';
import { startServer } from '../faults/server-process.ts';
import { launchChromium, openPage, withoutChromium } from './browser-page.ts';

// Texts with too low a contrast, as the page itself computes them.
const faintTexts = readFileSync(join(import.meta.dirname, 'faint-texts.js'), 'utf8');

describe('the documentation pages in a browser', { skip: withoutChromium }, async () => {
  const env = { ENVIRONMENT: 'development', PROJECT_NAME: 'Ada & Co' };
  const server = await startServer({ after }, { env, readyTimeoutMs: 120_000 });
  const browser = await launchChromium();
  after(() => browser.close());

  test('Swagger UI shows every operation, and a real token authorizes a request', async (t) => {
    const { page, complaints, foreign } = await openPage(t, browser, `${server.url}/docs`);
    await page.locator('.opblock').first().waitFor();
    const { body } = await server.request<{ paths: Record<string, object> }>(
      'GET',
      '/openapi.json',
    );
    const operations = Object.values(body.paths).flatMap((methods) => Object.keys(methods));
    assert.equal(await page.locator('.opblock').count(), operations.length);
    assert.equal(await page.title(), 'Ada & Co API');
    assert.match(await textOf(page.locator('.info .title')), /^Ada & Co API/);

    const credentials = { username: 'ada.lovelace', password: 'violet harbour anvil 93' };
    const registration = { ...credentials, email: 'ada@example.com' };
    assert.equal(
      (await server.request('POST', '/api/users/register', { body: registration })).status,
      201,
    );
    const login = await server.request('POST', '/api/users/login', { body: credentials });

    assert.equal(await tryOut(page, 'getUsersMe'), '401');
    await page.locator('.auth-wrapper .authorize').click();
    await page.locator('.auth-container input').first().fill(String(login.body.access_token));
    await page.locator('.auth-btn-wrapper .authorize').first().click();
    await page.locator('.auth-btn-wrapper .btn-done').first().click();
    assert.equal(await tryOut(page, 'getUsersMe'), '200');
    const shown = await textOf(page.locator('#operations-Users-getUsersMe .live-responses-table'));
    assert.match(shown, /"username": "ada\.lovelace"/);

    assert.equal(complaints.length, 1, complaints.join('\n'));
    assert.match(
      complaints[0] ?? '',
      /401/,
      'the browser reports the refused call, and nothing else',
    );
    assert.deepEqual(foreign(), []);
  });

  test('the service accepts the login body that Swagger UI offers', async (t) => {
    const { page } = await openPage(t, browser, `${server.url}/docs`);
    assert.equal(await tryOut(page, 'postUsersLogin'), '401');
  });

  test('a list tried out unchanged gives its first page; authorization survives a reload', async (t) => {
    const { page } = await openPage(t, browser, `${server.url}/docs`);
    const credentials = { username: 'root.admin', password: 'granite lantern 48 oak' };
    const registration = { ...credentials, email: 'root@example.com' };
    assert.equal(
      (await server.request('POST', '/api/admins/register', { body: registration })).status,
      201,
    );
    const login = await server.request('POST', '/api/admins/login', { body: credentials });
    await page.locator('.auth-wrapper .authorize').click();
    await page.locator('.auth-container input').nth(1).fill(String(login.body.access_token));
    await page.locator('.auth-btn-wrapper .authorize').nth(1).click();
    await page.locator('.auth-btn-wrapper .btn-done').first().click();
    await page.reload({ waitUntil: 'networkidle' });
    for (const id of ['getAdminsUsers', 'getAdminsAuditEvents', 'getAdminsMails']) {
      const asked = page.waitForRequest((request) =>
        new URL(request.url()).pathname.startsWith('/api/'),
      );
      assert.equal(await tryOut(page, id), '200', id);
      const query = new URL((await asked).url()).searchParams;
      for (const [name, value] of query)
        assert.ok(/^(page|page_size|sort)$/.test(name), `${name}=${value}`);
      assert.equal(query.get('page'), '1');
    }
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [390, 768, 1440]) {
      test(`the reference is readable at ${width} px, ${colorScheme}`, async (t) => {
        const { page, complaints, foreign } = await openPage(t, browser, `${server.url}/redoc`);
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 900 });
        assert.equal(await page.title(), 'Ada & Co API');
        assert.equal(await page.locator('h1').textContent(), 'Ada & Co API');
        assert.equal(
          await page.evaluate('document.documentElement.scrollWidth <= innerWidth'),
          true,
        );
        assert.deepEqual(await page.evaluate(faintTexts), []);
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
    const { page } = await openPage(t, browser, `${server.url}/redoc`);
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

/** Executes an operation with its defaults; returns the status shown. */
async function tryOut(page: Page, operationId: string): Promise<string> {
  const operation = page.locator(`[id$="-${operationId}"].opblock`);
  if (!(await operation.locator('.opblock-body').isVisible()))
    await operation.locator('.opblock-summary').click();
  const start = operation.locator('.try-out__btn:not(.cancel)');
  if ((await start.count()) > 0) await start.click();
  const answered = page.waitForResponse((response) =>
    new URL(response.url()).pathname.startsWith('/api/'),
  );
  await operation.locator('.execute').click();
  const status = String((await answered).status());
  await operation
    .locator('.live-responses-table .response-col_status', { hasText: status })
    .first()
    .waitFor();
  return status;
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
