import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import type { Measured, Result } from './slot.ts';

export type Report = { at: string; machine: Record<string, unknown>; measured: Measured[] };

export function makeReport(measured: Measured[]): Report {
  const machine = {
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGigabytes: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${release()}`,
    node: process.version,
    // More than the cores: other work ran, and only ratios within one round mean something.
    load: loadavg()[0],
  };
  return { at: new Date().toISOString(), machine, measured };
}

export function resultsOf({ measured }: Pick<Report, 'measured'>): Result[] {
  return measured.flatMap(({ results }) => results);
}

export function printResult(result: Result): void {
  const { name, unit, bar, atLeast, value, least, most, met } = result;
  const spread = `${least.toFixed(2)} … ${most.toFixed(2)}`;
  console.log(
    `${met ? 'ok  ' : 'MISS'} ${name.padEnd(46)} ${value.toFixed(2).padStart(8)} ${unit.padEnd(16)} ` +
      `${spread.padEnd(20)} ${atLeast ? 'at least' : 'at most '} ${bar}`,
  );
}

export function writeReport(file: string, report: Report): void {
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
}

export function readReport(file: string): Report {
  return JSON.parse(readFileSync(file, 'utf8')) as Report;
}
