import assert from 'node:assert/strict';
import { test } from 'node:test';
import { realms, userRealm } from '../../src/domain/realms/realms.ts';
import { durations } from '../../src/platform/durations.ts';
import type { Answer } from '../answer.ts';
import { assertStatus } from '../api.ts';
import { goodPassword, newRegistration, signIn } from '../factories.ts';
import { assertRefused, refresh, refreshed, signedInTo } from '../session-calls.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

const over72Bytes = 'violet harbour anvil '.repeat(4);

for (const realm of realms) {
  test(`A01 ${realm.kind}: failed logins get the same answer, one hash, the same queries`, async (t) => {
    const service = await createTestApp(t);
    const known = await signedInTo(service, realm);
    const inactive = await signedInTo(service, realm);
    const { db } = service;
    await db
      .updateTable(realm.table)
      .set({ is_active: false })
      .where('id', '=', inactive.id)
      .execute();
    const unknown = newRegistration();
    const attempts: Record<string, object> = {
      'an unknown username': { username: unknown.username, password: goodPassword },
      'an unknown e-mail': { username: unknown.email, password: goodPassword },
      'an unknown e-mail in the email field': { email: unknown.email, password: goodPassword },
      'an impossible username': { username: "' OR '1'='1", password: goodPassword },
      'a wrong password': { username: known.username, password: 'not the one' },
      'a wrong password, by e-mail': { email: known.email, password: 'not the one' },
      'an inactive account with its right password': {
        username: inactive.username,
        password: goodPassword,
      },
      'an inactive account with a wrong password': {
        username: inactive.username,
        password: 'not the one',
      },
      'a password over 72 bytes': { username: known.username, password: over72Bytes },
      'an unknown user, a password over 72 bytes': {
        username: unknown.username,
        password: over72Bytes,
      },
    };
    const reference = await measured(service, `${realm.path}/login`, Object.values(attempts)[0]);
    assert.equal(reference.hashes, 1);
    assert.equal(reference.answer.body.message, 'Invalid username or password');
    for (const [name, credentials] of Object.entries(attempts)) {
      // More would be throttled, which another test covers.
      await db.deleteFrom('throttles').execute();
      const { answer, hashes, statements } = await measured(
        service,
        `${realm.path}/login`,
        credentials,
      );
      assertStatus(answer, 401);
      assert.deepEqual(comparable(answer), comparable(reference.answer), name);
      assert.equal(hashes, 1, name);
      assert.equal(statements.length, reference.statements.length, name);
    }
    await signIn(service, realm, known);
  });
}

for (const realm of realms) {
  test(`A01 ${realm.kind}: failed logins count alike for known and unknown names`, async (t) => {
    const service = await createTestApp(t);
    // U+212A and U+0130 lowercase to ASCII letters only under full Unicode case folding.
    const known = await signedInTo(service, realm, {
      username: 'karl.known',
      email: 'kim.known@example.com',
    });
    const unknown = { username: 'karl.nobody', email: 'kim.nobody@example.com' };
    const spelt = (name: string) => [
      name,
      name.toUpperCase(),
      name.replace('k', '\u212a'),
      name.replace('i', '\u0130'),
    ];
    const statusesOf = async (name: string, remoteAddress: string) => {
      const statuses: number[] = [];
      for (const username of Array.from({ length: 3 }, () => spelt(name)).flat()) {
        const wrong = { username, password: 'not the one' };
        statuses.push(
          (await service.api.post(`${realm.path}/login`, wrong, { remoteAddress })).status,
        );
      }
      return statuses;
    };
    for (const field of ['username', 'email'] as const) {
      const remoteAddress = `127.4.${field.length}.1`;
      const ofKnown = await statusesOf(known[field], remoteAddress);
      assert.deepEqual(await statusesOf(unknown[field], remoteAddress), ofKnown, field);
      assert.ok(ofKnown.includes(429));
      await service.db.deleteFrom('throttles').execute();
    }
  });
}

test('A01 a password over 72 bytes: a wrong one, short or long, costs one hash too', async (t) => {
  const service = await createTestApp(t);
  const account = newRegistration({ password: `${over72Bytes}1` });
  assertStatus(await service.api.post('/api/users/register', account), 201);
  for (const password of ['not the one', over72Bytes, over72Bytes.slice(0, 72)]) {
    const credentials = { username: account.username, password };
    const { answer, hashes } = await measured(service, '/api/users/login', credentials);
    assertStatus(answer, 401);
    assert.equal(hashes, 1);
  }
  await signIn(service, userRealm, account);
});

for (const realm of realms) {
  test(`A08 ${realm.kind}: all invalid refresh tokens get the same refusal`, async (t) => {
    const service = await createTestApp(t);
    const { api, db, clock } = service;
    const otherKind = await signedInTo(service, realm === userRealm ? realms[1] : userRealm);
    const expired = await signedInTo(service, realm);
    await clock.advance(durations.days(8));
    const revoked = await signedInTo(service, realm);
    assertStatus(
      await api.post(`${realm.path}/logout`, { refresh_token: revoked.refreshToken }),
      204,
    );
    const inactive = await signedInTo(service, realm);
    const gone = await signedInTo(service, realm);
    const live = await signedInTo(service, realm);
    await db
      .updateTable(realm.table)
      .set({ is_active: false })
      .where('id', '=', inactive.id)
      .execute();
    await db.deleteFrom(realm.table).where('id', '=', gone.id).execute();

    const bad: Record<string, string> = {
      garbage: 'garbage',
      'a random token of the right form': `r1.${'A'.repeat(91)}`,
      'an access token': live.accessToken,
      'a token of the other realm': otherKind.refreshToken,
      expired: expired.refreshToken,
      revoked: revoked.refreshToken,
      'a token of an inactive account': inactive.refreshToken,
      'a token of a deleted account': gone.refreshToken,
    };
    const reference = await refresh(api, realm, 'r1.');
    for (const [name, token] of Object.entries(bad)) {
      const answer = await refresh(api, realm, token);
      assertRefused(answer, 'invalid_refresh_token');
      assert.deepEqual(comparable(answer), comparable(reference), name);
    }
    await refreshed(api, realm, live.refreshToken);
  });
}

type Measured = { answer: Answer; hashes: number; statements: readonly string[] };

async function measured(
  { api, hashes, statements }: TestApp,
  path: string,
  body: unknown,
): Promise<Measured> {
  const [hashed, executed] = [hashes(), statements().length];
  const answer = await api.post(path, body);
  return {
    answer,
    hashes: hashes() - hashed,
    statements: statements().slice(executed),
  };
}

/** Everything in an answer that an attacker can compare, without the parts that always differ. */
function comparable({ status, headers, body }: Answer) {
  const { date, 'x-request-id': requestId, ...rest } = headers;
  assert.ok(requestId !== undefined);
  return {
    status,
    headers: rest,
    body: { ...body, request_id: null, timestamp: null },
  };
}
