import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertStatus } from '../api.ts';
import { type SignedIn, signedInAdmin } from '../factories.ts';
import { createTestApp, type TestApp } from '../test-app.ts';
import { onPostgres } from '../test-database.ts';

// The embedded engine runs transactions one after the other.
const rounds = onPostgres ? 10 : 3;

const losses = [
  { is_active: false },
  { is_superadmin: false },
  { is_active: false, is_superadmin: false },
];

function change({ api }: TestApp, by: SignedIn, whom: SignedIn, body: object) {
  return api.patch(`/api/admins/${whom.id}`, body, { token: by.accessToken });
}

async function activeSuperadmins({ db }: TestApp): Promise<string[]> {
  const query = db.selectFrom('admins').select('id').where('is_superadmin', '=', true);
  return (await query.where('is_active', '=', true).execute()).map(({ id }) => id);
}

test('H11 the last active superadmin cannot be deactivated or demoted by anybody', async (t) => {
  const test = await createTestApp(t);
  const last = await signedInAdmin(test);
  await signedInAdmin(test, { superadmin: false });
  const former = await signedInAdmin(test);
  assertStatus(await change(test, last, former, { is_active: false }), 200);
  for (const loss of losses) {
    const answer = await change(test, last, last, loss);
    assertStatus(answer, 409);
    assert.equal(answer.body.error, 'ConflictError');
    assert.equal(answer.body.details.reason, 'last_superadmin');
  }
  assert.deepEqual(await activeSuperadmins(test), [last.id]);
  assertStatus(await change(test, last, last, { is_active: true, is_superadmin: true }), 200);
});

test('H11 a superadmin may step down while there is another one', async (t) => {
  const test = await createTestApp(t);
  const one = await signedInAdmin(test);
  const other = await signedInAdmin(test);
  assertStatus(await change(test, one, one, { is_superadmin: false }), 200);
  assertStatus(await change(test, one, other, { is_superadmin: false }), 403);
  assert.deepEqual(await activeSuperadmins(test), [other.id]);
});

for (const loss of losses) {
  test(`H11 two superadmins who send each other ${JSON.stringify(loss)}: one remains`, async (t) => {
    const test = await createTestApp(t);
    for (let round = 0; round < rounds; round += 1) {
      await test.db.deleteFrom('admins').execute();
      const one = await signedInAdmin(test);
      const other = await signedInAdmin(test);
      const answers = await Promise.all([
        change(test, one, other, loss),
        change(test, other, one, loss),
      ]);
      await assertOneRemains(
        test,
        answers.map(({ status }) => status),
      );
    }
  });

  test(`H11 two superadmins who send themselves ${JSON.stringify(loss)}: one remains`, async (t) => {
    const test = await createTestApp(t);
    for (let round = 0; round < rounds; round += 1) {
      await test.db.deleteFrom('admins').execute();
      const one = await signedInAdmin(test);
      const other = await signedInAdmin(test);
      const answers = await Promise.all([
        change(test, one, one, loss),
        change(test, other, other, loss),
      ]);
      await assertOneRemains(
        test,
        answers.map(({ status }) => status),
      );
    }
  });
}

/**
 * One change succeeds; the other finds its right revoked (401, 403) or would remove the last
 * superadmin (409).
 */
async function assertOneRemains(test: TestApp, statuses: number[]): Promise<void> {
  const [done, refused] = statuses.toSorted((one, other) => one - other);
  assert.equal(done, 200);
  assert.ok([401, 403, 409].includes(refused ?? 0), `${refused}`);
  assert.equal((await activeSuperadmins(test)).length, 1);
}
