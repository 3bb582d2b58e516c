import { existsSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { type Browser, chromium, type Page } from 'playwright-core';

/** Debian's `chromium-headless-shell`: the same engine, without a desktop's windows. */
export const chromiumPath = '/usr/bin/chromium-headless-shell';
const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** The reason to skip the tests, or false. */
export const withoutChromium = existsSync(chromiumPath)
  ? false
  : 'chromium-headless-shell is not installed';

export function launchChromium(): Promise<Browser> {
  const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', ...quiet];
  return chromium.launch({ executablePath: chromiumPath, args });
}

export type WatchedPage = {
  page: Page;
  complaints: string[];
  foreign: () => string[];
  requested: string[];
};

/**
 * Also records what the browser reports (console, scripts, policy) and requests to other origins.
 */
export async function openPage(
  t: TestContext,
  browser: Browser,
  url: string,
): Promise<WatchedPage> {
  const page = await browser.newPage();
  t.after(() => page.close());
  const complaints: string[] = [];
  const requested: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => requested.push(request.url()));
  await page.goto(url, { waitUntil: 'networkidle' });
  const { origin } = new URL(url);
  const isForeign = (one: string) => !one.startsWith(`${origin}/`) && !one.startsWith('data:');
  return { page, complaints, foreign: () => requested.filter(isForeign), requested };
}
