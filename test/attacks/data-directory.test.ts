import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { loadSecretKey } from '../../src/process/secret-key.ts';

/**
 * A directory created by somebody else and open to all users, as `mkdir data` or a volume leaves
 * it.
 */
function openDirectory(t: { after(done: () => void): void }): string {
  const dataDir = mkdtempSync(join(tmpdir(), 'adl-data-'));
  t.after(() => rmSync(dataDir, { recursive: true }));
  mkdirSync(dataDir, { recursive: true });
  return dataDir;
}

for (const [what, left] of Object.entries({
  empty: '',
  'too short': 'c2hvcnQ=',
  blanks: ' '.repeat(64),
})) {
  test(`V11.2.3 a secret file truncated by a full disk (${what}) stops the start`, (t) => {
    const dataDir = openDirectory(t);
    writeFileSync(join(dataDir, 'development-secret'), left);
    assert.throws(() => loadSecretKey({ secretKey: undefined, dataDir }), {
      name: 'StartupError',
      message: /^secret: failed - .*development-secret/,
    });
  });
}

test('processes that start at once in an empty directory share one complete key', async (t) => {
  const dataDir = openDirectory(t);
  const rounds = 60;
  const gate = new Int32Array(new SharedArrayBuffer(4 * (rounds + 1)));
  const script = `
    const { workerData, parentPort } = require('node:worker_threads');
    const { gate, dataDir, rounds, module, count } = workerData;
    import(module).then(({ loadSecretKey }) => {
      const keys = [];
      for (let round = 0; round < rounds; round += 1) {
        Atomics.add(gate, round, 1);
        while (Atomics.load(gate, round) < count);
        keys.push(loadSecretKey({ secretKey: undefined, dataDir: dataDir + '/' + round }));
      }
      parentPort.postMessage(keys);
    });`;
  const module = new URL('../../src/process/secret-key.ts', import.meta.url).href;
  const keysOfEach = await Promise.all(
    [1, 2].map(() => {
      const workerData = { gate, dataDir, rounds, module, count: 2 };
      const worker = new Worker(script, { eval: true, workerData });
      return new Promise<string[]>((resolve, reject) =>
        worker.on('message', resolve).on('error', reject),
      );
    }),
  );
  const [ones = [], others = []] = keysOfEach;
  assert.equal(ones.length, rounds);
  assert.deepEqual(others, ones);
  assert.ok(ones.every((key) => Buffer.from(key, 'base64').length === 48));
  assert.deepEqual(readdirSync(join(dataDir, '0')), ['development-secret']);
});
