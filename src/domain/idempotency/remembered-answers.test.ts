import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { assertStatus } from '../../../test/api.ts';
import { goodPassword, signedInUser } from '../../../test/factories.ts';
import { eventCount, keyed, newKey } from '../../../test/idempotency-calls.ts';
import { createTestApp } from '../../../test/test-app.ts';
import { rowsWith } from '../../../test/whole-database.ts';
import { createKeyRing } from '../../platform/crypto/secret-keys.ts';
import { durations } from '../../platform/durations.ts';

test('an attempt that died is taken over after its lease; one with effect never is', async (t) => {
  const service = await createTestApp(t);
  const { accessToken: token } = await signedInUser(service);
  const put = (key: string) =>
    service.api.put('/api/users/me', { full_name: 'Ada' }, keyed(token, key));
  const [without, withEffect] = [newKey(), newKey()];
  for (const key of [without, withEffect]) assertStatus(await put(key), 200);
  const died = {
    status: null,
    answer: null,
    lease_until: new Date(service.clock.now().getTime() + 20_000),
  };
  const rows = await service.db
    .selectFrom('idempotency_keys')
    .select('key_hash')
    .orderBy('expires_at')
    .execute();
  const [first] = rows;
  await service.db.updateTable('idempotency_keys').set(died).execute();
  await service.db
    .updateTable('idempotency_keys')
    .set({ is_carried_out: false })
    .where('key_hash', '=', first?.key_hash as Buffer)
    .execute();
  for (const key of [without, withEffect])
    assert.equal((await put(key)).body.details.reason, 'idempotency_key_in_use');
  await service.clock.advance(21);
  assertStatus(await put(without), 200);
  const lost = await put(withEffect);
  assertStatus(lost, 409);
  assert.equal(lost.body.details.reason, 'idempotency_answer_lost');
  assert.equal(await eventCount(service, 'profile_changed'), 3);
});

test('an attempt that lost its claim changes nothing', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  const key = newKey();
  const body = { email: 'new.one@example.com', current_password: goodPassword };
  const changing = service.api.put('/api/users/me', body, keyed(user.accessToken, key));
  // Taken away while the password is checked.
  for (let held = 0, tries = 0; held === 0 && tries < 2000; tries += 1) {
    const taken = await service.db
      .updateTable('idempotency_keys')
      .set({ holder: '01890a5d-ac96-774b-bcce-b302099a8057' })
      .executeTakeFirst();
    held = Number(taken.numUpdatedRows);
  }
  assertStatus(await changing, 503);
  const me = await service.api.get('/api/users/me', { token: user.accessToken });
  assert.equal(me.body.email, user.email);
});

test('neither body nor answer is at rest, not even as a digest without the key', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service);
  const key = newKey();
  const next = 'meadow copper 77 drift';
  const change = { current_password: user.password, new_password: next };
  assertStatus(
    await service.api.post('/api/users/change-password', change, keyed(user.accessToken, key)),
    200,
  );
  await service.api.put(
    '/api/users/me',
    { full_name: 'Ada Byron' },
    keyed(user.accessToken, newKey()),
  );
  const found = await rowsWith(service.db, ['Ada Byron', next, key, user.email]);
  assert.ok(found.every(({ table }) => table !== 'public.idempotency_keys'));
  const rows = await service.db.selectFrom('idempotency_keys').select('answer').execute();
  assert.equal(rows.length, 2);
  for (const { answer } of rows) assert.ok((answer?.length ?? 0) > 28);
});

test('an answer that was changed, or whose secret is gone, is said to be lost', async (t) => {
  const service = await createTestApp(t);
  const { accessToken: token } = await signedInUser(service);
  const put = (key: string) =>
    service.api.put('/api/users/me', { full_name: 'Ada' }, keyed(token, key));
  const key = newKey();
  assertStatus(await put(key), 200);
  const kid = createKeyRing('a secret that is gone').current.kid;
  await service.db.updateTable('idempotency_keys').set({ key_id: kid }).execute();
  const lost = await put(key);
  assert.deepEqual([lost.status, lost.body.details.reason], [409, 'idempotency_answer_lost']);
  await service.db
    .updateTable('idempotency_keys')
    .set({ key_id: service.keys.current.kid, answer: Buffer.alloc(60) })
    .execute();
  assert.equal((await put(key)).body.details.reason, 'idempotency_answer_lost');
});

test('keys are forgotten after a day', async (t) => {
  const service = await createTestApp(t);
  const { accessToken: token } = await signedInUser(service);
  assertStatus(await service.api.put('/api/users/me', {}, keyed(token, newKey())), 200);
  const kept = async () =>
    (await service.db.selectFrom('idempotency_keys').select('key_hash').execute()).length;
  await service.clock.advance(durations.days(1) - 60);
  await service.tidyUp();
  assert.equal(await kept(), 1);
  await service.clock.advance(61);
  await service.tidyUp();
  assert.equal(await kept(), 0);
});

test('an account keeps its newest thousand keys', async (t) => {
  const service = await createTestApp(t);
  const { accessToken: token, id } = await signedInUser(service);
  const old = Array.from({ length: 1100 }, (_, index) => ({
    key_hash: randomBytes(32),
    account_kind: 'user' as const,
    account_id: id,
    key_id: 'x',
    request_digest: randomBytes(32),
    as_superadmin: false,
    holder: '01890a5d-ac96-774b-bcce-b302099a8057',
    lease_until: service.clock.now(),
    status: 200,
    answer: null,
    expires_at: new Date(service.clock.now().getTime() + index * 1000),
  }));
  await service.db.insertInto('idempotency_keys').values(old).execute();
  assertStatus(await service.api.put('/api/users/me', {}, keyed(token, newKey())), 200);
  const kept = await service.db.selectFrom('idempotency_keys').select('status').execute();
  assert.equal(kept.length, 1000);
});
