import assert from 'node:assert/strict';
import { randomUUIDv7 } from 'node:crypto';
import { test } from 'node:test';
import { createTestApp } from '../../../test/test-app.ts';
import { insertLink } from './link-store.ts';
import {
  endLaterUndoLinks,
  findNewestUndoLink,
  findReserver,
  findUndoLinkTo,
} from './undo-links.ts';

test('links created in one transaction have a strict order', async (t) => {
  const service = await createTestApp(t);
  const subjectId = randomUUIDv7();
  const emails = ['one@example.com', 'two@example.com', 'three@example.com'];
  await service.db.transaction().execute(async (trx) => {
    const how = {
      purpose: 'email_change_undo',
      subjectId,
      passwordVersion: 0,
      lifeSeconds: 60,
    } as const;
    for (const email of emails) await insertLink(trx, service, { ...how, email });
    assert.equal((await findNewestUndoLink(trx, subjectId))?.email, emails[2]);
    assert.equal((await findUndoLinkTo(trx, subjectId, 'TWO@example.com'))?.email, emails[1]);
    await endLaterUndoLinks(trx, subjectId, 'test');
    assert.equal((await findNewestUndoLink(trx, subjectId))?.email, emails[0]);
  });
  assert.deepEqual(await findReserver(service.db, 'ONE@example.com'), { subjectId });
  assert.equal(await findReserver(service.db, 'one@example.com', subjectId), null);
  assert.equal(await findReserver(service.db, 'two@example.com'), null);
  await service.clock.advance(61);
  assert.equal(await findReserver(service.db, 'one@example.com'), null);
});
