import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, type Metafile } from 'esbuild';
import type { Page } from 'playwright-core';
import { launchChromium } from '../test/browser/browser-page.ts';
import { startWithPages } from '../test/browser/visitor.ts';
import { type Figure, median } from './figure.ts';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'web/dist');
const slowDown = 4;
const rounds = 5;

/** What a visitor of the sign-in page waits for, and what building the pages takes. */
export async function measurePages(): Promise<Figure[]> {
  const started = performance.now();
  spawnSync(process.execPath, [join(root, 'web/build/write-pages.ts')], { stdio: 'inherit' });
  const buildSeconds = (performance.now() - started) / 1000;
  const paints = await measureFirstLoads();
  return [
    { name: 'building the pages', value: buildSeconds, unit: 's', bar: 20 },
    {
      name: 'script of the sign-in page, gzipped',
      value: firstLoadBytes() / 1000,
      unit: 'kB',
      bar: 100,
    },
    { name: 'the typed client, gzipped', value: (await clientBytes()) / 1000, unit: 'kB', bar: 5 },
    {
      name: `largest paint of the sign-in page, CPU ${slowDown} times slower (median)`,
      value: median(paints.map(({ largestPaint }) => largestPaint)) / 1000,
      unit: 's',
      bar: 1,
    },
    {
      name: `longest task of the sign-in page, CPU ${slowDown} times slower (median)`,
      value: median(paints.map(({ longestTask }) => longestTask)),
      unit: 'ms',
      bar: 200,
    },
  ];
}

/**
 * The first file and all that it imports at once; what a page loads when it is opened is not in it.
 */
function firstLoadBytes(): number {
  const { outputs } = JSON.parse(readFileSync(join(dist, 'metafile.json'), 'utf8')) as Metafile;
  const entry = Object.keys(outputs).find((path) => /\/pages-[^/]*\.js$/.test(path)) ?? '';
  const files = new Set([entry]);
  for (const file of files)
    for (const { path, kind } of outputs[file]?.imports ?? [])
      if (kind === 'import-statement') files.add(path);
  const sizes = [...files].map((path) => {
    const name = path.slice(path.lastIndexOf('/') + 1);
    return gzipSync(readFileSync(join(dist, 'static', name))).length;
  });
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function clientBytes(): Promise<number> {
  const entryPoints = [join(root, 'client/src/client.ts')];
  const { outputFiles } = await build({
    entryPoints,
    bundle: true,
    format: 'esm',
    minify: true,
    write: false,
  });
  return gzipSync(outputFiles[0]?.contents ?? '').length;
}

type FirstLoad = { largestPaint: number; longestTask: number };

/** Each in a browser profile of its own, so that nothing is cached. */
async function measureFirstLoads(): Promise<FirstLoad[]> {
  const ends: (() => unknown)[] = [];
  const { url } = await startWithPages({ after: (end) => void ends.push(end) });
  const browser = await launchChromium();
  const loads: FirstLoad[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const context = await browser.newContext();
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    await session.send('Emulation.setCPUThrottlingRate', { rate: slowDown });
    await page.goto(`${url}/app/sign-in`, { waitUntil: 'networkidle' });
    loads.push(await readTimes(page));
    await context.close();
  }
  await browser.close();
  for (const end of ends) await end();
  return loads;
}

async function readTimes(page: Page): Promise<FirstLoad> {
  const read = (type: string, value: string) =>
    page.evaluate<number[]>(`new Promise((resolve) => {
      new PerformanceObserver((list) => resolve(list.getEntries().map((one) => one.${value})))
        .observe({ type: '${type}', buffered: true });
      setTimeout(() => resolve([]), 500);
    })`);
  const paints = await read('largest-contentful-paint', 'startTime');
  const tasks = await read('longtask', 'duration');
  return { largestPaint: paints.at(-1) ?? Number.NaN, longestTask: Math.max(0, ...tasks) };
}
