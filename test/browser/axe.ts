import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { installApart } from '../../scripts/install-apart.ts';

const rules = join(import.meta.dirname, '../../page-rules');
const file = join(rules, 'node_modules/axe-core/axe.min.js');

/** Installed where it is not yet: its licence keeps it out of the project's own packages. */
function readAxe(): string {
  installApart(rules);
  return readFileSync(file, 'utf8');
}

let axe: string | undefined;

const settled = `Promise.all(document.getAnimations()
  .filter((animation) => animation.effect.getComputedTiming().iterations !== Infinity)
  .map((animation) => animation.finished.catch(() => {})))`;

type Violation = {
  id: string;
  impact: string;
  nodes: { target: string[]; failureSummary: string }[];
};

type Scope = { part?: string; without?: string };

/**
 * What axe finds, of any weight, as one line each; in a part of the page, or without one of its
 * rules, where that is given.
 */
export async function findViolations(
  page: Page,
  { part = 'html', without }: Scope = {},
): Promise<string[]> {
  axe ??= readAxe();
  // In the middle of a fade every contrast is too low.
  await page.evaluate(settled);
  // Through the debugger, which the page's policy does not bind.
  await page.evaluate(axe);
  // A frame that runs no script cannot be asked.
  const options = {
    resultTypes: ['violations'],
    preload: false,
    iframes: false,
    rules: without === undefined ? {} : { [without]: { enabled: false } },
  };
  const run = `axe.run(${JSON.stringify(part)}, ${JSON.stringify(options)})`;
  const found = await page.evaluate<{ violations: Violation[] }>(run);
  return found.violations.flatMap(({ id, impact, nodes }) =>
    nodes.map(
      ({ target, failureSummary }) => `${id} (${impact}): ${target.join(' ')} ${failureSummary}`,
    ),
  );
}
