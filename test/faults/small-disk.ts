import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atProcessEnd } from '../process-end.ts';

export type SmallDisk = {
  path: string;
  /** Takes all that is left. */
  fill: () => void;
  /** Gives it back. */
  free: () => void;
};

/** The reason to skip the tests, or false. */
export const withoutMounts = canMount() ? false : 'this user may not mount a file system';

function canMount(): boolean {
  if (process.getuid?.() !== 0) return false;
  const directory = mkdtempSync(join(tmpdir(), 'adl-mount-'));
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', directory]);
  if (status === 0) spawnSync('umount', [directory]);
  rmSync(directory, { recursive: true });
  return status === 0;
}

/** A file system in memory of that size, which everybody may use; it ends with the test. */
export function mountSmallDisk(
  t: { after(end: () => unknown): void },
  mebibytes: number,
): SmallDisk {
  const path = mkdtempSync(join(tmpdir(), 'adl-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=1777`, 'tmpfs', path]);
  const unmount = (): void => {
    spawnSync('umount', ['--lazy', path]);
    rmSync(path, { recursive: true, force: true });
  };
  const cancel = atProcessEnd(unmount);
  t.after(() => {
    cancel();
    unmount();
  });
  const ballast = join(path, 'ballast');
  return {
    path,
    // Ends with "no space left", which is what it is for.
    fill: () =>
      void spawnSync('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=16k'], { stdio: 'ignore' }),
    free: () => rmSync(ballast, { force: true }),
  };
}
