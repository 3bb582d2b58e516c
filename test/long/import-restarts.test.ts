import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { faultsOf, openCommandLine } from '../command-line.ts';
import { importRows, ndjson, people, person, usernames } from '../imported-people.ts';
import { createTestApp } from '../test-app.ts';

test('with --on-error=stop nothing at or after the first bad row is imported', async (t) => {
  const service = await createTestApp(t);
  const line = await openCommandLine(t, service);
  for (const [bad, name] of [
    [person('a b', { email: 'ab@example.com' }), 'early'],
    [person('early1', { email: 'free@example.com' }), 'late'],
  ] as const) {
    const before = await usernames(service);
    const rows = [...people(1200, name), bad, ...people(900, `${name}.after`)];
    const run = await importRows(line, rows, { onError: 'stop' });
    assert.deepEqual(run.outcome, {
      result: { created: 1200, skipped: 0, refused: 1, complete: false },
    });
    assert.deepEqual(
      faultsOf(run).map(({ line: at }) => at),
      [1201],
    );
    assert.equal((await usernames(service)).length, before.length + 1200);
  }
});

test('of two rows with one address the first is imported, also where their batches are written at once', async (t) => {
  const service = await createTestApp(t);
  const line = await openCommandLine(t, service);
  const first = people(1000);
  // Met early in the second batch and late in the first one.
  const again = first.slice(300).toReversed();
  const others = again.map(({ email }, at) => person(`other${at}`, { email }));
  const run = await importRows(line, [...first, ...others, ...people(300, 'last')]);
  const result = { created: 1300, skipped: 0, refused: 700, complete: true };
  assert.deepEqual(run.outcome, { result });
  const lines = faultsOf(run).map(({ line: at }) => at);
  assert.deepEqual(new Set(lines), new Set(others.map((_row, at) => 1001 + at)));
});

test('a second run doubles nothing and names everyone, or passes over them as asked', async (t) => {
  const service = await createTestApp(t);
  const line = await openCommandLine(t, service);
  await importRows(line, people(30));
  const again = await importRows(line, people(30));
  assert.deepEqual(again.outcome, {
    result: { created: 0, skipped: 0, refused: 30, complete: true },
  });
  assert.equal(faultsOf(again).length, 30);
  const skipping = await importRows(line, people(31), { skipExisting: true });
  assert.deepEqual(skipping.outcome, {
    result: { created: 1, skipped: 30, refused: 0, complete: true },
  });
  assert.deepEqual(faultsOf(skipping), []);
});

test('a dry run finds the same faults and writes nothing', async (t) => {
  const service = await createTestApp(t);
  const line = await openCommandLine(t, service);
  const rows = [
    ...people(3),
    person('person1', { email: 'x@example.com' }),
    person('a b', { email: 'ab@example.com' }),
  ];
  const { outcome } = await importRows(line, rows, { dryRun: true });
  assert.deepEqual(outcome, {
    result: { created: 3, skipped: 0, refused: 2, complete: true, dry_run: true },
  });
  assert.deepEqual(await usernames(service), []);
  assert.deepEqual(await service.db.selectFrom('imports').select('id').execute(), []);
  assert.deepEqual(await service.db.selectFrom('audit_events').select('id').execute(), []);
});

test('an import that lost its client in the middle is taken up where it was', async (t) => {
  const service = await createTestApp(t);
  const left = await openCommandLine(t, service);
  const rows = people(2500);
  const digest = createHash('sha256').update(ndjson(rows)).digest('hex');
  async function* half() {
    yield Buffer.from(ndjson(rows.slice(0, 1700)));
    while ((await usernames(service)).length < 1000) await setTimeout(10);
    throw new Error('the client is gone');
  }
  await left
    .run('user import', { file: 'x.ndjson', digest }, Readable.from(half()))
    .catch(() => {});
  // What had arrived may still be written.
  await left.server.close();
  const line = await openCommandLine(t, service);
  const first = (await usernames(service)).length;
  assert.ok(first >= 1000 && first < 2500, `${first} were imported`);
  const refused = await importRows(line, rows);
  assert.match(JSON.stringify(refused.outcome), /stopped after line 1\d{3}/);
  const resumed = await importRows(line, rows, { resume: true });
  assert.deepEqual(resumed.outcome, {
    result: {
      created: 2500 - first,
      skipped: 0,
      refused: 0,
      complete: true,
      resumed_after_line: first,
    },
  });
  assert.equal((await usernames(service)).length, 2500);
  assert.match(
    JSON.stringify((await importRows(line, rows, { resume: true })).outcome),
    /no unfinished/,
  );
});

test('standard input cannot be resumed, and a file needs a format', async (t) => {
  const line = await openCommandLine(t, await createTestApp(t));
  const resumed = await line.run('user import', { file: '-', format: 'csv', resume: true });
  assert.match(JSON.stringify(resumed.outcome), /needs a file/);
  assert.match(
    JSON.stringify((await line.run('user import', { file: 'people.txt' })).outcome),
    /csv or ndjson/,
  );
});
