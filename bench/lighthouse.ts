import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { installApart } from '../scripts/install-apart.ts';
import { chromiumPath } from '../test/browser/browser-page.ts';
import { signIn, startWithPages } from '../test/browser/visitor.ts';
import type { Figure } from './figure.ts';

const packages = join(import.meta.dirname, '../lighthouse');
const reports = join(import.meta.dirname, '../.tmp/lighthouse');
const program = join(packages, 'node_modules/lighthouse/cli/index.js');
const chromiumFlags = ['--no-sandbox', '--disable-gpu', '--no-first-run'];
const categories = ['performance', 'accessibility', 'best-practices', 'seo'] as const;
const admin = { username: 'root.admin', email: 'root@example.com', password: 'granite lantern 48' };
const user = { username: 'ada', email: 'ada@example.com', password: 'violet harbour anvil 93' };

type Report = {
  categories: Record<string, { score: number | null }>;
  audits: Record<string, { score: number | null; displayValue?: string }>;
};

/**
 * Lighthouse as it comes: a phone on a slow network, simulated. The signed-in pages are opened in
 * a profile that has signed in.
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
    const profile = mkdtempSync(join(tmpdir(), 'adl-lighthouse-'));
    t.after(() => rmSync(profile, { recursive: true, force: true }));
    const asVisitor = measure(profile, 'sign-in', `${url}/app/sign-in`);
    await signInBoth(profile, url);
    return [
      ...asVisitor,
      ...measure(profile, 'account', `${url}/app`),
      ...measure(profile, 'console', `${url}/app/admin`),
    ];
  } finally {
    for (const end of ends) await end();
  }
}

/** Cookies and storage stay in the profile when its browser is closed. */
async function signInBoth(profile: string, url: string): Promise<void> {
  const options = { executablePath: chromiumPath, args: chromiumFlags };
  const context = await chromium.launchPersistentContext(profile, options);
  const page = await context.newPage();
  await signIn({ page }, url, user);
  await signIn({ page }, url, admin, 'admin');
  await context.close();
}

function measure(profile: string, name: string, url: string): Figure[] {
  const file = join(reports, `${name}.json`);
  const options = [
    url,
    `--chrome-flags=--headless=new --user-data-dir=${profile} ${chromiumFlags.join(' ')}`,
    '--disable-storage-reset',
    '--quiet',
    '--output=json',
    `--output-path=${file}`,
    `--only-categories=${categories.join()}`,
  ];
  const env = { ...process.env, CHROME_PATH: chromiumPath };
  const { status } = spawnSync(process.execPath, [program, ...options], { stdio: 'inherit', env });
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
