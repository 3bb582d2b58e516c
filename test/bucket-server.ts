import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort } from './free-port.ts';
import { atProcessEnd } from './process-end.ts';

/** Those that it knows. */
const access = { BACKUP_S3_ACCESS_KEY_ID: 'S3RVER', BACKUP_S3_SECRET_ACCESS_KEY: 'S3RVER' };
const folder = join(import.meta.dirname, '../bucket-server');

/**
 * A process that serves a bucket over S3's protocol and checks signatures; it ends with the test.
 */
export async function startBucketServer(t: { after(end: () => unknown): void }) {
  if (!existsSync(join(folder, 'node_modules'))) {
    const { status, stderr } = spawnSync('npm', ['ci'], { cwd: folder, encoding: 'utf8' });
    if (status !== 0)
      throw new Error(`the packages of the bucket server do not install: ${stderr}`);
  }
  const directory = mkdtempSync(join(tmpdir(), 'adl-bucket-'));
  const port = await findFreePort();
  const command = [join(folder, 'serve.js'), String(port), directory];
  const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'inherit'] });
  const cancel = atProcessEnd(() => void child.kill('SIGKILL'));
  t.after(async () => {
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    cancel();
    rmSync(directory, { recursive: true, force: true });
  });
  const { promise: listening, resolve } = Promise.withResolvers<void>();
  child.stdout.on('data', (chunk: Buffer) => chunk.includes('listening') && resolve());
  await Promise.race([listening, once(child, 'exit')]);
  return { directory, env: { BACKUP_TO: `http://127.0.0.1:${port}/backups/adl/prod`, ...access } };
}
