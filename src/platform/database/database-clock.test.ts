import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestApp } from '../../../test/test-app.ts';
import { createDatabaseClock } from './database-clock.ts';

test('the clock follows the database when the machine’s time is set back an hour', async (t) => {
  const service = await createTestApp(t);
  await service.clock.advance(7200);
  const clock = createDatabaseClock(service.db, { isEmbedded: false });
  await clock.measure();
  const expected = Date.now() + 7_200_000;
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() - 3_600_000 });
  const difference = clock.now().getTime() - expected;
  assert.ok(Math.abs(difference) < 2000, `${difference} ms`);
});

test('a change of a remote database’s time is noticed within 30 seconds', async (t) => {
  const service = await createTestApp(t);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  for (const isEmbedded of [false, true]) {
    const clock = createDatabaseClock(service.db, { isEmbedded });
    await clock.measure();
    clock.watch();
    const before = clock.now().getTime();
    await service.clock.advance(3600);
    t.mock.timers.tick(30_000);
    const moved = () => Math.round((clock.now().getTime() - before) / 1_000_000);
    // The measurement is under way on a connection of its own; timers are mocked.
    for (const end = performance.now() + 5000; moved() === 0 && performance.now() < end; ) {
      await createDatabaseClock(service.db, { isEmbedded }).measure();
      await new Promise((resolve) => setImmediate(resolve));
      if (isEmbedded) break;
    }
    assert.equal(moved(), isEmbedded ? 0 : 4, isEmbedded ? 'embedded' : 'a server');
  }
});
