import { spawn } from 'node:child_process';
import { hash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  breachDigest,
  breachedPasswordsFilter,
} from '../src/domain/breached-passwords/breach-digest.ts';
import { readFilterFile } from '../src/platform/bloom-filter/filter-file.ts';
import { cpuMilliseconds, rssMegabytes } from '../test/faults/process-figures.ts';
import type { Figure } from './figure.ts';

const passwords = 10_000_000;
const probes = 5_000_000;
const mebibyte = 2 ** 20;
const root = join(import.meta.dirname, '..');

/** The filter of ten million breached passwords: how it is made, on the disk, and in a process. */
export async function measureBreachedPasswords(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'adl-bench-'));
  try {
    const list = join(folder, 'list');
    await pipeline(Readable.from(lines()), createWriteStream(list));
    const { seconds, megabytes } = await makeFilter(list);
    const filter = `${list}.filter`;
    return [
      figure('a filter of 10,000,000 passwords', statSync(filter).size / 1e6, 'MB', 40),
      figure('making it from SHA-1 lines, processor time', seconds, 's', 60),
      figure('memory of the process that makes it', megabytes, 'MiB', 250),
      ...(await measureFilter(filter)),
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** By the command, in a process of its own. */
async function makeFilter(list: string): Promise<{ seconds: number; megabytes: number }> {
  const node = join(root, 'node_modules/.bin/node');
  const words = [join(root, 'src/adl.ts'), 'passwords', 'build-filter', list];
  const child = spawn(node, words, { stdio: 'ignore' });
  const most = { seconds: 0, megabytes: 0 };
  const timer = setInterval(() => {
    most.seconds = cpuMilliseconds(child.pid ?? 0) / 1000;
    // It has none any more when it is just about to end.
    most.megabytes = Math.max(most.megabytes, rssMegabytes(child.pid ?? 0) || 0);
  }, 100);
  await once(child, 'exit');
  clearInterval(timer);
  return most;
}

async function measureFilter(path: string): Promise<Figure[]> {
  const before = memory();
  const loading = process.cpuUsage();
  const { filter } = await readFilterFile(path, breachedPasswordsFilter);
  const loadSeconds = secondsSince(loading);
  const megabytes = (memory() - before) / mebibyte;
  let found = 0;
  const checking = process.cpuUsage();
  for (let at = 0; at < probes; at += 1)
    if (filter.test(breachDigest(`a password of nobody ${at}`))) found += 1;
  const checkMicroseconds = (secondsSince(checking) / probes) * 1e6;
  const known = process.cpuUsage();
  for (let at = 0; at < passwords; at += 10)
    if (!filter.test(breachDigest(`password ${at}`))) throw new Error(`misses ${at}`);
  const knownMicroseconds = (secondsSince(known) / (passwords / 10)) * 1e6;
  return [
    figure('reading it at the start, processor time', loadSeconds * 1000, 'ms', 500),
    figure('memory that it takes in a server process', megabytes, 'MiB', 40),
    figure('checking a password that is not in it', checkMicroseconds, 'µs', 50),
    figure('checking a password that is in it', knownMicroseconds, 'µs', 50),
    figure('passwords refused by mistake, of a million', (found / probes) * 1e6, '', 3),
  ];
}

function* lines(): Generator<string> {
  const together = 1000;
  for (let at = 0; at < passwords; at += together) {
    const some = Array.from({ length: together }, (_, more) => {
      const digits = hash('sha1', `password ${at + more}`);
      return `${digits.toUpperCase()}:${1 + (at % 97)}\r\n`;
    });
    yield some.join('');
  }
}

function figure(name: string, value: number, unit: string, bar: number): Figure {
  return { name, value, unit, bar };
}

function secondsSince(began: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1e6;
}

/** What is in use, without what could be freed. */
function memory(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
