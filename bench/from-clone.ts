import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentialsOf } from '../test/factories.ts';
import type { Figure } from './figure.ts';
import { npmStart } from './npm-start.ts';

const root = join(import.meta.dirname, '..');

/**
 * Measures the way of a newcomer: clone, install, start, register, sign in. npm's own cache is
 * warm.
 */
export async function measureFromClone(): Promise<Figure[]> {
  const directory = mkdtempSync(join(tmpdir(), 'adl-clone-'));
  const startedAt = performance.now();
  execFileSync('git', ['clone', '--quiet', root, directory]);
  execFileSync('npm', ['ci'], { cwd: directory, stdio: 'ignore' });
  const service = await npmStart(directory, {});
  const account = {
    username: 'newcomer',
    email: 'newcomer@example.com',
    password: 'violet harbour anvil 93',
  };
  for (const path of ['/api/users/register', '/api/users/login']) {
    const answer = await fetch(service.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(path.endsWith('login') ? credentialsOf(account) : account),
    });
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
  }
  const seconds = (performance.now() - startedAt) / 1000;
  await service.stop();
  rmSync(directory, { recursive: true });
  return [{ name: 'from git clone to the first token', value: seconds, unit: 's', bar: 60 }];
}
