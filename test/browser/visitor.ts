import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { startServer } from '../faults/server-process.ts';
import { ownDatabase } from './own-database.ts';

export type Person = { username: string; email: string; password: string };
type Look = { width?: number; colorScheme?: 'light' | 'dark'; locale?: string };

const root = join(import.meta.dirname, '../..');

/** A start with a new database takes a while where the machine is busy. */
const readyTimeoutMs = 120_000;

/** As `npm start` does: a bundle is ready sooner. */
const entry = join(
  root,
  execFileSync('sh', [join(root, 'scripts/require-bundle.sh'), 'service/main'], {
    cwd: root,
    encoding: 'utf8',
  }).trim(),
);

const developed = {
  ENVIRONMENT: 'development',
  // The keys in a prepared database are sealed with it.
  SECRET_KEY: 'a2V5IG9mIHRoZSBicm93c2VyIHRlc3RzLCBnb29kIGZvciBub3RoaW5nIGVsc2UgYXQgYWxs',
  RATE_LIMIT_PER_HOUR: '0',
  // Most of a start is compilation.
  NODE_COMPILE_CACHE: join(root, '.tmp/compile-cache'),
};

/**
 * The real service, with the pages that `npm run test:browser` builds, and without limits per
 * address; on PostgreSQL with TEST_DATABASE_URL.
 */
export async function startWithPages(
  t: { after(end: () => unknown): void },
  env: Record<string, string> = {},
) {
  const own = { ...developed, ...(await ownDatabase(entry, developed)), ...env };
  const server = await startServer(t, { env: own, entry, readyTimeoutMs });
  // Links in mails lead here.
  return { ...server, url: `http://localhost:${server.port}` };
}

/** Somebody with a browser of their own. */
export type Visitor = {
  page: Page;
  context: BrowserContext;
  /**
   * What the browser reports: console, scripts, policy. A refused call is one, and is expected by
   * its status.
   */
  complaints: (expected?: RegExp) => string[];
  requested: string[];
};

export async function visit(t: TestContext, browser: Browser, look: Look = {}): Promise<Visitor> {
  const { width = 1280, colorScheme = 'light', locale = 'en-GB' } = look;
  const context = await browser.newContext({
    viewport: { width, height: 900 },
    colorScheme,
    locale,
  });
  t.after(() => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  const requested: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => requested.push(request.url()));
  const unexpected = (expected?: RegExp) => complaints.filter((one) => !expected?.test(one));
  return { page, context, complaints: unexpected, requested };
}

/** Fails with what the browser reported, and with requests to anybody else. */
export function assertQuiet(
  { complaints, requested }: Visitor,
  url: string,
  expected?: RegExp,
): void {
  assert.deepEqual(complaints(expected), []);
  const foreign = requested.filter(
    (one) => !one.startsWith(`${url}/`) && !/^(data|blob):/.test(one),
  );
  assert.deepEqual(foreign, []);
}

export async function signIn(
  { page }: Pick<Visitor, 'page'>,
  url: string,
  person: Person,
  realm = 'user',
): Promise<void> {
  const home = realm === 'admin' ? '/app/admin' : '/app';
  await page.goto(`${url}${home}/sign-in`);
  await page.getByLabel('Username or email address').fill(person.username);
  await page.getByLabel('Password', { exact: true }).fill(person.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.waitForURL(`${url}${home}`);
  await page.getByRole('main').getByRole('heading', { level: 1 }).waitFor();
}
