import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertStatus } from '../api.ts';
import { signedInAdmin } from '../factories.ts';
import { fuzz, fuzzSeed } from '../fuzz/fuzz.ts';
import type { FuzzTarget } from '../fuzz/supplies.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

async function targetOf(service: TestApp): Promise<FuzzTarget> {
  const { api, db, mailbox } = service;
  const root = await signedInAdmin(service);
  return {
    api,
    root,
    linkToken: (kind, address) => mailbox.token(kind, address),
    deadMail: async () => {
      const body = { to_email: root.email };
      assertStatus(await api.post('/api/password/test-email', body, { token: root.accessToken }), 202);
      const { id } = await db
        .selectFrom('mails')
        .select('id')
        .where('kind', '=', 'test')
        .orderBy('id', 'desc')
        .executeTakeFirstOrThrow();
      await db.updateTable('mails').set({ status: 'dead' }).where('id', '=', id).execute();
      return id;
    },
  };
}

test('I17 every answer to fuzzed input is a documented one, and never a 5xx', async (t) => {
  const target = await targetOf(await createTestApp(t));
  // The same sample each time; test:fuzz draws new ones.
  const tallies = await fuzz(target, { runs: 12, seed: fuzzSeed(1), suppliesPerOperation: 2 });
  assert.ok(tallies.length >= 39);
  for (const { name, requests, successes } of tallies) {
    assert.ok(requests >= 12, name);
    assert.ok(successes > 0, `${name}: no valid request succeeded`);
  }
});
