import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Installs the packages of a folder that has a lock of its own, so that `npm ci` of the project
 * does not carry them; at once where they are there already.
 */
export function installApart(folder: string): void {
  // npm writes this file at the end of an installation.
  const installed = join(folder, 'node_modules/.package-lock.json');
  if (existsSync(installed) && changedAt(installed) >= changedAt(join(folder, 'package-lock.json')))
    return;
  const { status, error } = spawnSync('npm', ['ci'], { cwd: folder, stdio: 'inherit' });
  if (status !== 0) throw new Error(`the packages of ${folder} do not install`, { cause: error });
}

function changedAt(file: string): number {
  return statSync(file).mtimeMs;
}
