import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { launchChromium } from '../test/browser/browser-page.ts';
import { startPrivatePostgres } from '../test/postgres/private-postgres.ts';
import { type Figure, median, percentile } from './figure.ts';
import { benchAccount, openClient } from './lists.ts';

const users = 1_000_000;
const searches = 20;
const pauseMilliseconds = 120;

/** From a key in the search of the users to the rows that it asks for, as they are painted. */
export async function measureConsole(): Promise<Figure[]> {
  const postgres = await startPrivatePostgres();
  const dataDir = mkdtempSync(join(tmpdir(), 'adl-bench-'));
  const { service } = await openClient(postgres, dataDir, users);
  const browser = await launchChromium();
  const page = await browser.newPage();
  await openUsers(page, service.url.replace('127.0.0.1', 'localhost'));
  const times = await typeNames(page);
  await browser.close();
  await service.stop();
  await postgres.destroy();
  rmSync(dataDir, { recursive: true });
  const of = (isIndexed: boolean) =>
    times.filter(({ typed }) => typed.length >= 3 === isIndexed).map(({ time }) => time);
  return [
    {
      name: `from key to rows, ${users} users, median`,
      value: median(of(true)),
      unit: 'ms',
      bar: 100,
    },
    { name: 'the same, 95th percentile', value: percentile(of(true), 0.95), unit: 'ms', bar: 200 },
    { name: 'the first two letters, median', value: median(of(false)), unit: 'ms', bar: 400 },
  ];
}

async function openUsers(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/app/admin/sign-in`);
  await page.getByLabel('Username or email address').fill(benchAccount.username);
  await page.getByLabel('Password', { exact: true }).fill(benchAccount.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  await page.goto(`${url}/app/admin/users`);
  await page.locator('tbody .row-link').first().waitFor();
  await page.evaluate(watch);
}

/** In the page: a key counts until each row that is shown has what is typed. */
const watch = `
  window.times = [];
  let typed = null;
  let since = 0;
  addEventListener('input', ({ target }) => { typed = target.value; since = performance.now(); }, true);
  const look = () => {
    const rows = [...document.querySelectorAll('tbody .row-link')];
    if (typed && rows.length > 0 && rows.every((row) => row.textContent.toLowerCase().includes(typed))) {
      window.times.push({ typed, time: performance.now() - since });
      typed = null;
    }
    requestAnimationFrame(look);
  };
  look();`;

async function typeNames(page: Page): Promise<{ typed: string; time: number }[]> {
  const field = page.getByRole('searchbox');
  for (let search = 0; search < searches; search += 1) {
    await field.fill('');
    await page.waitForTimeout(300);
    const names = await page.locator('tbody .row-link').allTextContents();
    const name = (names[search % names.length] ?? '').slice(0, 5);
    await field.pressSequentially(name, { delay: pauseMilliseconds });
    await page.waitForTimeout(500);
  }
  return page.evaluate('window.times');
}
