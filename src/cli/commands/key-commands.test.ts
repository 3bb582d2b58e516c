import assert from 'node:assert/strict';
import { test } from 'node:test';
import { itemsOf, openCommandLine } from '../../../test/command-line.ts';
import { signedInUser } from '../../../test/factories.ts';
import { makeServiceToken } from '../../../test/service-tokens.ts';
import { statusOfMe } from '../../../test/session-calls.ts';
import { keysOf, startWith } from '../../../test/signing-key-calls.ts';
import { createTestApp, type TestApp } from '../../../test/test-app.ts';
import { userRealm } from '../../domain/realms/realms.ts';
import { signingKeysCheck } from '../../operations/diagnosis/database/signing-keys.ts';
import { createKeyRing, sha256 } from '../../platform/crypto/secret-keys.ts';
import { keysRotate } from './keys-rotate.ts';
import { keysServiceToken } from './keys-service-token.ts';

async function eventsOf({ db }: TestApp) {
  const query = db.selectFrom('audit_events').select(['event', 'details']);
  return (await query.orderBy('id').execute()).filter(({ event }) => event.startsWith('signing_'));
}

test('keys rotate chooses the next key; with --revoke the tokens are dead, and it is recorded', async (t) => {
  const service = await createTestApp(t);
  const line = await openCommandLine(t, service);
  const { accessToken } = await signedInUser(service);
  const { current, next } = await keysOf(service);
  assert.deepEqual(await line.result('keys rotate'), { rotated: true, revoked: 0 });
  const rotated = await keysOf(service);
  assert.deepEqual([rotated.current, rotated.retired], [next[0], [current]]);
  assert.equal(await statusOfMe(service.api, userRealm, accessToken), 200);
  assert.deepEqual(await line.result('keys rotate', { revoke: true }), {
    rotated: true,
    revoked: 2,
  });
  assert.equal(await statusOfMe(service.api, userRealm, accessToken), 401);
  assert.deepEqual(await eventsOf(service), [
    { event: 'signing_key_rotated', details: { count: 0, via: 'command_line' } },
    { event: 'signing_keys_revoked', details: { count: 2, via: 'command_line' } },
  ]);
  const { signing_since: since } = await line.result('keys');
  assert.ok(Math.abs(Date.parse(String(since)) - Date.now()) < 60_000);
});

test('keys rotate without the secret of the keys says that, and changes nothing', async (t) => {
  const service = await createTestApp(t);
  const before = await keysOf(service);
  const { deps } = startWith(
    service,
    createKeyRing('a secret that nobody has used before, of tests'),
  );
  const exchange = { send: async () => {}, signal: new AbortController().signal };
  const run = keysRotate.run(deps as never, {}, exchange as never);
  await assert.rejects(run, /another SECRET_KEY \([\w-]{12}\); --revoke replaces them/);
  assert.deepEqual(await keysOf(service), before);
});

test('a service token has 256 bits, and only its digest is in the line', async () => {
  const made = [
    await makeServiceToken('web', 'forward,introspect'),
    await makeServiceToken('web', 'forward'),
  ];
  for (const { token } of made) assert.match(token, /^adl_st_[\w-]{43}$/);
  assert.notEqual(made[0]?.token, made[1]?.token);
  const [{ token, line } = { token: '', line: '' }] = made;
  assert.equal(line, `web forward,introspect ${sha256(token).toString('hex')}`);
});

test('a service token without a scope, or with a bad name or scope, is not made', async () => {
  for (const given of [
    { name: 'web' },
    { name: 'web', scope: '' },
    { name: 'web', scope: 'everything' },
    { name: 'web', scope: 'introspect,' },
    { name: 'a b', scope: 'introspect' },
    { name: '../web', scope: 'introspect' },
    { name: 'x'.repeat(51), scope: 'introspect' },
    { scope: 'introspect' },
  ]) {
    const outcome = await keysServiceToken.runLocally({} as never, given, async () => {});
    assert.ok('failure' in outcome && outcome.failure.kind === 'invalid', JSON.stringify(given));
  }
});

test('doctor tells how long the key has signed, when it is overdue, and when no secret opens it', async (t) => {
  const service = await createTestApp(t);
  const { signal } = new AbortController();
  const check = (deps: Parameters<typeof signingKeysCheck>[0]) =>
    signingKeysCheck(deps).run(signal);
  assert.deepEqual(await check(service), { status: 'ok', cause: 'the key has signed for 0 days' });
  const other = createKeyRing('a secret that nobody has used before, of tests');
  assert.equal(((await check({ ...service, keys: other })) as { status: string }).status, 'failed');
  const late = new Date(Date.now() - 40 * 86_400_000);
  await service.db
    .updateTable('signing_keys')
    .set({ signs_from: late })
    .where('signs_from', 'is not', null)
    .execute();
  assert.deepEqual(await check(service), {
    status: 'warning',
    cause: 'the key has signed for 40 days',
    advice: 'Start the service, which rotates it',
  });
  await service.db.deleteFrom('signing_keys').execute();
  assert.equal(((await check(service)) as { status: string }).status, 'skipped');
});

test('keys shows which secret the signing keys need', async (t) => {
  const service = await createTestApp(t);
  const line = await openCommandLine(t, service);
  const [item] = itemsOf(await line.run('keys'));
  assert.equal(item?.signing_keys, 2);
});
