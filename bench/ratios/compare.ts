import { parseArgs } from 'node:util';
import { makeReport, printResult, readReport, resultsOf, writeReport } from './report.ts';
import { type Measured, regressions } from './slot.ts';
import { setStage } from './stage.ts';
import { quickWorkloads, workloads } from './workloads.ts';

const sizes = {
  quick: { rounds: 3, milliseconds: 500 },
  full: { rounds: 9, milliseconds: 3000 },
};

/**
 * Measures ourselves beside the floors, all on this machine and in turn, and prints each ratio with
 * its spread. False if one falls short, or is worse than in the report to compare with.
 */
export async function compareWithFloors(args: readonly string[]): Promise<boolean> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
      compare: { type: 'string' },
    },
  });
  const names = values.only?.split(',') ?? (values.quick ? quickWorkloads : Object.keys(workloads));
  const size = values.quick ? sizes.quick : sizes.full;
  const measured: Measured[] = [];
  const stage = await setStage();
  try {
    for (const name of names) {
      const measure = workloads[name];
      if (measure === undefined) throw new Error(`there is no workload ${name}`);
      const one = await measure(stage, size);
      for (const result of one.results) printResult(result);
      measured.push(one);
    }
  } finally {
    await stage.close();
  }
  const report = makeReport(measured);
  console.log(`     ${Object.values(report.machine).join(', ')}`);
  if (values.json !== undefined) writeReport(values.json, report);
  const now = resultsOf(report);
  const worse =
    values.compare === undefined ? [] : regressions(resultsOf(readReport(values.compare)), now);
  for (const line of worse) console.log(`WORSE ${line}`);
  return worse.length === 0 && now.every(({ met }) => met);
}
