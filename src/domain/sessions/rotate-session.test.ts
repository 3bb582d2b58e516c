import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signedInUser } from '../../../test/factories.ts';
import { refresh, refreshed, statusOfMe } from '../../../test/session-calls.ts';
import { createTestApp } from '../../../test/test-app.ts';
import { onPostgres } from '../../../test/test-database.ts';
import { userRealm } from '../realms/realms.ts';

test('many refreshes at once share their statements, and each gets its own tokens', async (t) => {
  const service = await createTestApp(t, {}, { alone: true });
  const users = await Promise.all(Array.from({ length: 12 }, () => signedInUser(service)));
  const before = service.statements().length;
  const renewed = await Promise.all(
    users.map(({ refreshToken }) => refreshed(service.api, userRealm, refreshToken)),
  );
  const statements = service.statements().length - before;
  assert.ok(statements <= 4, `${statements}`);
  for (const [at, { accessToken: token }] of renewed.entries()) {
    const { body } = await service.api.get('/api/users/me', { token });
    assert.equal(body.username, users[at]?.username);
  }
  for (const { refreshToken } of renewed) await refreshed(service.api, userRealm, refreshToken);
});

test('of one token among others at once, one use gets tokens', async (t) => {
  const service = await createTestApp(t);
  const [twice, other] = [await signedInUser(service), await signedInUser(service)];
  const tokens = [twice, other, twice, twice].map(({ refreshToken }) => refreshToken);
  const answers = await Promise.all(tokens.map((token) => refresh(service.api, userRealm, token)));
  const statuses = answers.map(({ status }) => status);
  assert.equal(statuses[1], 200);
  assert.deepEqual(statuses.toSpliced(1, 1).toSorted(), [200, 401, 401]);
});

test('a session that somebody has locked holds up its own refresh and no other', {
  skip: !onPostgres && 'the embedded database has one connection',
}, async (t) => {
  const service = await createTestApp(t, {}, { alone: true });
  const [locked, other] = [await signedInUser(service), await signedInUser(service)];
  const trx = await service.db.startTransaction().execute();
  await trx
    .selectFrom('sessions')
    .select('id')
    .where('subject_id', '=', locked.id)
    .forUpdate()
    .execute();
  let isAnswered = false;
  const waiting = refreshed(service.api, userRealm, locked.refreshToken).finally(() => {
    isAnswered = true;
  });
  const { accessToken } = await refreshed(service.api, userRealm, other.refreshToken);
  assert.equal(await statusOfMe(service.api, userRealm, accessToken), 200);
  assert.equal(isAnswered, false);
  await trx.commit().execute();
  assert.equal(await statusOfMe(service.api, userRealm, (await waiting).accessToken), 200);
});
