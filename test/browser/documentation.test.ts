import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { startServer } from '../faults/server-process.ts';
import { launchChromium, openPage, withoutChromium } from './browser-page.ts';

describe('the pages of the documentation in a browser', { skip: withoutChromium }, async () => {
  const env = { ENVIRONMENT: 'development', PROJECT_NAME: 'Ada & Co' };
  const server = await startServer({ after }, { env });
  const browser = await launchChromium();
  after(() => browser.close());

  test('Swagger UI shows every operation, and a real token authorizes what is tried out', async (t) => {
    const { page, complaints, foreign } = await openPage(t, browser, `${server.url}/docs`);
    await page.locator('.opblock').first().waitFor();
    const { body } = await server.request<{ paths: Record<string, object> }>('GET', '/openapi.json');
    const operations = Object.values(body.paths).flatMap((methods) => Object.keys(methods));
    assert.equal(await page.locator('.opblock').count(), operations.length);
    assert.equal(await page.title(), 'Ada & Co API');
    assert.match(await textOf(page.locator('.info .title')), /^Ada & Co API/);

    const credentials = { username: 'ada.lovelace', password: 'violet harbour anvil 93' };
    const registration = { ...credentials, email: 'ada@example.com' };
    assert.equal((await server.request('POST', '/api/users/register', { body: registration })).status, 201);
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
    assert.match(complaints[0] ?? '', /401/, 'the browser reports the refused call, and nothing else');
    assert.deepEqual(foreign(), []);
  });

  test('the body that Swagger UI offers for a login is one that the service takes', async (t) => {
    const { page } = await openPage(t, browser, `${server.url}/docs`);
    assert.equal(await tryOut(page, 'postUsersLogin'), '401');
  });

  test('ReDoc shows the operations with their bodies and answers', async (t) => {
    const { page, complaints, foreign } = await openPage(t, browser, `${server.url}/redoc`);
    await page.locator('h1', { hasText: 'Ada & Co API' }).waitFor();
    assert.equal(await page.title(), 'Ada & Co API');
    for (const tag of ['Users', 'Admins', 'User administration', 'Password reset', 'System']) {
      assert.equal(await page.getByRole('menuitem', { name: tag, exact: true }).count(), 1, tag);
    }
    const login = page.locator('[id$="postUsersLogin"]').last();
    assert.match(await textOf(login), /Sign in with username or e-mail and password/);
    assert.match(await textOf(login), /The username or the e-mail address/);
    await page.getByText('API docs by Redocly').waitFor();
    assert.deepEqual(complaints, []);
    assert.deepEqual(foreign(), []);
  });
});

/** Executes an operation as it is offered; the status that is shown for it. */
async function tryOut(page: Page, operationId: string): Promise<string> {
  const operation = page.locator(`[id$="-${operationId}"].opblock`);
  if (!(await operation.locator('.opblock-body').isVisible()))
    await operation.locator('.opblock-summary').click();
  const start = operation.locator('.try-out__btn:not(.cancel)');
  if ((await start.count()) > 0) await start.click();
  const answered = page.waitForResponse((response) => new URL(response.url()).pathname.startsWith('/api/'));
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
