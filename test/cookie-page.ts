import assert from 'node:assert/strict';
import { parseSetCookie } from 'cookie';
import type { Realm } from '../src/domain/realms/realms.ts';
import type { Answer } from './answer.ts';
import type { SignedIn } from './factories.ts';
import { signedInTo } from './session-calls.ts';
import type { TestApp } from './test-app.ts';

export const publicUrl = 'https://accounts.example.com';
export const sameOrigin = { 'sec-fetch-site': 'same-origin' };

/** A page of the service's own origin, with its session in a cookie. */
export type Page = { service: TestApp; realm: Realm; account: SignedIn };

export async function openPage(service: TestApp, realm: Realm): Promise<Page> {
  return { service, realm, account: await signedInTo(service, realm) };
}

/** A request in cookie mode. */
export function send(
  { service, realm }: Page,
  route: string,
  headers: Record<string, string>,
  { body, remoteAddress = '127.0.0.1' }: { body?: unknown; remoteAddress?: string } = {},
): Promise<Answer> {
  return service.api.post(`${realm.path}/${route}`, body, {
    headers: { 'x-session-mode': 'cookie', ...headers },
    remoteAddress,
  });
}

export function login(page: Page, headers: Record<string, string> = sameOrigin): Promise<Answer> {
  const { username, password } = page.account;
  return send(page, 'login', headers, { body: { username, password } });
}

/** The one cookie that an answer sets, or null. */
export function cookieOf({ headers }: Answer) {
  const given = headers['set-cookie'];
  if (given === undefined) return null;
  assert.equal([given].flat().length, 1);
  return parseSetCookie(String(given));
}

/** The cookie as a browser sends it back. */
export function withCookie(answer: Answer, headers: Record<string, string> = sameOrigin) {
  const cookie = cookieOf(answer);
  assert.ok(cookie);
  return { cookie: `other=1; ${cookie.name}=${cookie.value}; theme=dark`, ...headers };
}
