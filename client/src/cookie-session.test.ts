import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { newRegistration } from '../../test/factories.ts';
import { createTestApp } from '../../test/test-app.ts';
import { cookieSession, createClient } from './client.ts';

/** What a browser does with cookies, for one origin; `cookies` is the jar of its tabs. */
async function openBrowser(t: TestContext) {
  const { app } = await createTestApp(t, { PUBLIC_URL: 'http://accounts.test' });
  if (!app.server.listening) await app.listen({ host: '127.0.0.1', port: 0 });
  const baseUrl = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  const cookies = new Map<string, string>();
  const requests: string[] = [];
  const asBrowser: typeof fetch = async (input, init) => {
    const headers = new Headers(init?.headers);
    headers.set('sec-fetch-site', 'same-origin');
    headers.set('cookie', [...cookies].map((pair) => pair.join('=')).join('; '));
    requests.push(`${init?.method} ${new URL(input as string).pathname}`);
    const response = await fetch(input, { ...init, headers });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (value === '') cookies.delete(name);
      else cookies.set(name, value);
    }
    return response;
  };
  const openTab = (onSignedOut?: () => void) =>
    createClient({
      baseUrl,
      fetch: asBrowser,
      session: cookieSession('user'),
      ...(onSignedOut && { onSignedOut }),
    });
  return { openTab, cookies, requests };
}

async function signUp(client: ReturnType<typeof createClient>) {
  const registration = newRegistration();
  await client.call('POST /api/users/register', { body: registration });
  const { username, password } = registration;
  await client.signIn({ username, password });
  return registration;
}

test('in cookie mode the refresh token is in a cookie only, and a new page finds its session', async (t) => {
  const { openTab, cookies, requests } = await openBrowser(t);
  const registration = await signUp(openTab());
  assert.deepEqual([...cookies.keys()], ['adl_user']);
  const reloaded = openTab();
  assert.equal(await reloaded.isSignedIn(), true);
  assert.equal((await reloaded.call('GET /api/users/me')).username, registration.username);
  assert.equal(requests.filter((one) => one.endsWith('/refresh')).length, 1);
});

test('tabs that open at the same time share one refresh', async (t) => {
  const { openTab, requests } = await openBrowser(t);
  await signUp(openTab());
  const tabs = [openTab(), openTab(), openTab()];
  await Promise.all(tabs.map((tab) => tab.isSignedIn()));
  const names = await Promise.all(
    tabs.map(async (tab) => (await tab.call('GET /api/users/me')).id),
  );
  assert.equal(new Set(names).size, 1);
  assert.equal(requests.filter((one) => one.endsWith('/refresh')).length, 1);
});

test('signing out in one tab ends the others, and takes the cookie', async (t) => {
  const { openTab, cookies } = await openBrowser(t);
  const first = openTab();
  await signUp(first);
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const second = openTab(resolve);
  await second.isSignedIn();
  await first.signOut();
  await ended;
  assert.equal(cookies.size, 0);
});
