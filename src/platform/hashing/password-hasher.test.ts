import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { MessagePort } from 'node:worker_threads';
import { createPasswordHasher, HashQueueFullError } from './password-hasher.ts';

const settings = {
  threads: 1,
  maxWaitSeconds: 3,
  target: { algorithm: 'bcrypt', bcryptRounds: 4 },
} as const;

async function openHasher(t: TestContext) {
  const hasher = await createPasswordHasher(settings);
  t.after(() => hasher.close());
  return hasher;
}

test('before the first hash, a costly one lets fewer wait', async (t) => {
  const target = { algorithm: 'bcrypt', bcryptRounds: 12 } as const;
  const hasher = await createPasswordHasher({ ...settings, target });
  t.after(() => hasher.close());
  assert.equal(hasher.state.capacity, 12);
});

test('a short and a long password verify against their own hash only', async (t) => {
  const hasher = await openHasher(t);
  for (const password of ['correct horse', 'A'.repeat(300)]) {
    const stored = await hasher.hash(password, '192.0.2.1');
    assert.ok(stored.key === null || (Buffer.isBuffer(stored.key) && stored.key.length === 16));
    assert.equal(await hasher.verify(password, stored, '192.0.2.1'), true);
    assert.equal(await hasher.verify(`${password.slice(1)}b`, stored, '192.0.2.1'), false);
    assert.equal(hasher.needsRehash(stored), false);
  }
});

test('a key read from the database is sent to the thread without adjacent bytes', async (t) => {
  const hasher = await openHasher(t);
  const stored = await hasher.hash('A'.repeat(100), '192.0.2.1');
  const wire = Buffer.concat([Buffer.from('the row of somebody else'), stored.key ?? Buffer.of()]);
  const post = t.mock.method(MessagePort.prototype, 'postMessage');
  const found = { ...stored, key: wire.subarray(-16) };
  assert.ok(await hasher.verify('A'.repeat(100), found, '192.0.2.1'));
  assert.equal(post.mock.calls[0]?.arguments[0].task.stored.key.buffer.byteLength, 16);
});

test('an unknown user and an unreadable row cost exactly one hash and are false', async (t) => {
  const hasher = await openHasher(t);
  const post = t.mock.method(MessagePort.prototype, 'postMessage');
  for (const stored of [null, { scheme: 'bcrypt', hash: 'broken', key: null } as const]) {
    for (const password of ['x', 'A'.repeat(300)]) {
      const before = hasher.state.completed;
      assert.equal(await hasher.verify(password, stored, '192.0.2.1'), false);
      assert.equal(hasher.state.completed - before, 1);
      assert.match(
        post.mock.calls.at(-1)?.arguments[0].task.stored.hash,
        /^\$2b\$04\$/,
        'answered without hashing',
      );
    }
  }
});

test('hashing at a reserved place needs no second place', async (t) => {
  const hasher = await createPasswordHasher({ ...settings, maxWaitSeconds: 0.000_001 });
  t.after(() => hasher.close());
  const [first, second] = [hasher.reserve('192.0.2.1'), hasher.reserve('192.0.2.2')];
  assert.throws(() => hasher.reserve('192.0.2.3'), HashQueueFullError);
  const stored = await hasher.hash('x', first);
  assert.equal(await hasher.verify('x', stored, second), true);
});

for (const [named, clientOf, expected] of [
  ['each address', undefined, true],
  ['a network', () => 'the network', false],
] as const) {
  test(`${named} is one client and gets only its share while others wait`, async (t) => {
    const hasher = await createPasswordHasher(clientOf ? { ...settings, clientOf } : settings);
    t.after(() => hasher.close());
    const places = [hasher.reserve('192.0.2.1')];
    const share = Math.floor((hasher.state.capacity + 1) / 2);
    while (places.length <= share) places.push(hasher.reserve('192.0.2.2'));
    // The second address has its share now; a single network may take more, since no other waits.
    let refused = false;
    try {
      places.push(hasher.reserve('192.0.2.2'));
    } catch {
      refused = true;
    }
    assert.equal(refused, expected);
    for (const place of places) place.release();
  });
}

test('a closed hasher refuses jobs', async (t) => {
  const hasher = await openHasher(t);
  await hasher.close();
  await assert.rejects(hasher.verify('x', null, '192.0.2.1'), HashQueueFullError);
});

test('a thread keeps the process alive while it works, but not when idle', async () => {
  const url = JSON.stringify(join(import.meta.dirname, 'password-hasher.ts'));
  const script = `const { createPasswordHasher } = await import(${url});
    const hasher = await createPasswordHasher(${JSON.stringify(settings)});
    console.log((await hasher.hash('x', '192.0.2.1')).scheme);`;
  const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    timeout: 10_000,
  });
  assert.equal((await run).stdout.trim(), 'bcrypt');
});
