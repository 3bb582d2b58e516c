import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { installApart } from '../scripts/install-apart.ts';
import { chromiumPath } from '../test/browser/browser-page.ts';
import { signIn, startWithPages } from '../test/browser/visitor.ts';
import { findFreePort } from '../test/free-port.ts';
import type { Figure } from './figure.ts';

const packages = join(import.meta.dirname, '../lighthouse');
const reports = join(import.meta.dirname, '../.tmp/lighthouse');
const program = join(packages, 'node_modules/lighthouse/cli/index.js');
const categories = ['performance', 'accessibility', 'best-practices', 'seo'] as const;
const admin = { username: 'root.admin', email: 'root@example.com', password: 'granite lantern 48' };
const user = { username: 'ada', email: 'ada@example.com', password: 'violet harbour anvil 93' };

type Report = {
  categories: Record<string, { score: number | null }>;
  audits: Record<string, { score: number | null; displayValue?: string }>;
};

/**
 * Lighthouse as it comes: a phone on a slow network, simulated. The signed-in pages are opened in
 * the profile of a browser that has signed in.
 */
export async function measureLighthouse(): Promise<Figure[]> {
  installApart(packages);
  mkdirSync(reports, { recursive: true });
  const ends: (() => unknown)[] = [];
  const t = { after: (end: () => unknown) => void ends.unshift(end) };
  try {
    const { url, request } = await startWithPages(t);
    await request('POST', '/api/admins/register', { body: admin });
    await request('POST', '/api/users/register', { body: user });
    const { port, context } = await openBrowser(t);
    const asVisitor = measure(port, 'sign-in', `${url}/app/sign-in`);
    const page = await context.newPage();
    await signIn({ page }, url, user);
    await signIn({ page }, url, admin, 'admin');
    await page.close();
    return [
      ...asVisitor,
      ...measure(port, 'account', `${url}/app`),
      ...measure(port, 'console', `${url}/app/admin`),
    ];
  } finally {
    for (const end of ends) await end();
  }
}

type Ends = { after(end: () => unknown): void };

/** With the port that Lighthouse drives it through. */
async function openBrowser(t: Ends) {
  const profile = mkdtempSync(join(tmpdir(), 'adl-lighthouse-'));
  t.after(() => rmSync(profile, { recursive: true, force: true }));
  const port = await findFreePort();
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: chromiumPath,
    args: [`--remote-debugging-port=${port}`, '--no-sandbox', '--disable-gpu', '--no-first-run'],
  });
  t.after(() => context.close());
  return { port, context };
}

function measure(port: number, name: string, url: string): Figure[] {
  const file = join(reports, `${name}.json`);
  const options = [
    url,
    `--port=${port}`,
    '--disable-storage-reset',
    '--quiet',
    '--output=json',
    `--output-path=${file}`,
    `--only-categories=${categories.join()}`,
  ];
  const { status } = spawnSync(process.execPath, [program, ...options], { stdio: 'inherit' });
  if (status !== 0) throw new Error(`Lighthouse could not measure ${url}`);
  const report = JSON.parse(readFileSync(file, 'utf8')) as Report;
  return categories.map((category) => ({
    name: `Lighthouse, ${name}: ${category}`,
    value: Math.round((report.categories[category]?.score ?? 0) * 100),
    unit: 'points',
    bar: 95,
    atLeast: true,
  }));
}
