import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = '/sys/fs/cgroup';
/** In microseconds, of one core. */
const period = 20_000;
const quota = period / 4;

/**
 * Lets a process use a quarter of a core at most, by a control group of version 1 or 2. Returns
 * what removes the group once the process has ended; null where this user may not make one.
 */
export function limitToQuarterCore(pid: number): (() => void) | null {
  const isVersion1 = existsSync(join(root, 'cpu/cpu.cfs_quota_us'));
  const group = join(root, isVersion1 ? 'cpu' : '', `adl-bench-${pid}`);
  try {
    mkdirSync(group);
    if (isVersion1) {
      writeFileSync(join(group, 'cpu.cfs_period_us'), `${period}`);
      writeFileSync(join(group, 'cpu.cfs_quota_us'), `${quota}`);
    } else writeFileSync(join(group, 'cpu.max'), `${quota} ${period}`);
    writeFileSync(join(group, 'cgroup.procs'), `${pid}`);
  } catch {
    if (existsSync(group)) rmdirSync(group);
    return null;
  }
  return () => rmdirSync(group);
}
