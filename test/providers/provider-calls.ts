import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { parseSetCookie } from 'cookie';
import type { Answer } from '../answer.ts';
import { assertStatus } from '../api.ts';
import type { TestApp } from '../test-app.ts';
import type { TestProvider } from './test-provider.ts';

/** The variables of a service that knows the provider as `test`. */
export function withProvider({ issuer }: TestProvider, more: Record<string, string> = {}) {
  return {
    OIDC_PROVIDERS: 'test',
    OIDC_TEST_ISSUER: issuer,
    OIDC_TEST_TRUST_EMAIL: 'true',
    OIDC_ALLOW_PRIVATE: 'true',
    ...more,
  };
}

/** Cookies of one browser, by name. */
export class Browser {
  readonly cookies = new Map<string, string>();

  header(): Record<string, string> {
    const pairs = [...this.cookies].map(([name, value]) => `${name}=${value}`);
    return pairs.length === 0 ? {} : { cookie: pairs.join('; ') };
  }

  take(given: string | string[] | undefined): void {
    for (const one of [given ?? []].flat()) {
      const { name, value, maxAge } = parseSetCookie(one) ?? {};
      if (name === undefined) continue;
      if (maxAge === 0) this.cookies.delete(name);
      else this.cookies.set(name, value ?? '');
    }
  }
}

export type StartQuery = Record<string, string>;

/** Begins to sign in; the address at the provider. */
export async function begin(
  { api }: Pick<TestApp, 'api'>,
  browser: Browser,
  query: StartQuery = {},
  id = 'test',
): Promise<string> {
  const path = `/api/users/login/providers/${id}/start?${new URLSearchParams(query)}`;
  const answer = await api.get(path, { headers: browser.header() });
  assertStatus(answer, 302);
  browser.take(answer.headers['set-cookie']);
  return String(answer.headers.location);
}

/** Follows the provider's redirects like a browser, until they lead away from it. */
export async function visit(address: string): Promise<URL> {
  const { origin } = new URL(address);
  const jar = new Browser();
  let at = address;
  for (let hops = 0; hops < 10; hops += 1) {
    const answer = await fetch(at, { redirect: 'manual', headers: jar.header() });
    await answer.arrayBuffer();
    jar.take(answer.headers.getSetCookie());
    const next = new URL(answer.headers.get('location') ?? '', at);
    assert.ok(answer.status >= 300 && answer.status < 400, `${answer.status} of ${at}`);
    if (next.origin !== origin) return next;
    at = next.href;
  }
  throw new Error('the provider leads nowhere');
}

/** Comes back from the provider, by a link or a form. */
export async function comeBack(
  { api }: Pick<TestApp, 'api'>,
  browser: Browser,
  came: URL,
  from: { remoteAddress?: string } = {},
): Promise<Answer> {
  const answer = await api.get(`${came.pathname}${came.search}`, {
    headers: browser.header(),
    ...from,
  });
  assertStatus(answer, 302);
  browser.take(answer.headers['set-cookie']);
  return answer;
}

/** The whole way of a browser; gives the last answer of the service. */
export async function signInAt(
  service: Pick<TestApp, 'api'>,
  browser: Browser,
  query: StartQuery = {},
  id = 'test',
): Promise<Answer> {
  return comeBack(service, browser, await visit(await begin(service, browser, query, id)));
}

/** The access token of a browser that has a session cookie. */
export async function tokenOf({ api }: Pick<TestApp, 'api'>, browser: Browser): Promise<string> {
  const headers = {
    ...browser.header(),
    'x-session-mode': 'cookie',
    'sec-fetch-site': 'same-origin',
  };
  const answer = await api.post('/api/users/refresh', undefined, { headers });
  assertStatus(answer, 200);
  browser.take(answer.headers['set-cookie']);
  return answer.body.access_token as string;
}

/** A new browser that has signed in with the provider; gives its access token. */
export async function signedInWith(service: TestApp, id = 'test'): Promise<string> {
  const browser = new Browser();
  const answer = await signInAt(service, browser, {}, id);
  assert.doesNotMatch(String(answer.headers.location), /sign-in-failed/);
  return tokenOf(service, browser);
}

export function codeVerifier() {
  const verifier = randomBytes(32).toString('base64url');
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  return { verifier, challenge };
}

/** The id of the request that a failed page shows; fails for any other address. */
export function failedRequest({ headers }: Answer): string {
  const page = /^http:\/\/localhost:8000\/app\/sign-in-failed#request_id=([0-9a-f-]{36})$/;
  const [, id = ''] = page.exec(String(headers.location)) ?? [];
  assert.ok(id, `leads to ${String(headers.location)}`);
  assert.equal(id, headers['x-request-id']);
  return id;
}

/** The reasons of the failures of an event so far. */
export async function failures(
  { db }: TestApp,
  event: 'sign_in' | 'identity_linked' = 'sign_in',
): Promise<string[]> {
  const rows = await db
    .selectFrom('audit_events')
    .selectAll()
    .where('event', '=', event)
    .where('outcome', '=', 'failure')
    .orderBy('id')
    .execute();
  return rows.map(({ details }) => String((details as { reason?: string }).reason));
}

/** Begins to link, from a page with this session. */
export async function link(
  service: Pick<TestApp, 'api'>,
  browser: Browser,
  token: string,
  id = 'test',
): Promise<Answer> {
  const path = `/api/users/me/identities/${id}/start`;
  const begun = await service.api.post(path, {}, { token, headers: browser.header() });
  assertStatus(begun, 200);
  browser.take(begun.headers['set-cookie']);
  return comeBack(service, browser, await visit(begun.body.location as string));
}
