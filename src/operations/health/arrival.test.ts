import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertStatus } from '../../../test/api.ts';
import { createTestApp } from '../../../test/test-app.ts';
import { createKeyRing } from '../../platform/crypto/secret-keys.ts';
import { makePass, passHeader, proofFor } from './arrival-pass.ts';

const others = createKeyRing('another one, which nobody here has: 7f3a91c2');

test('who has the secret is told how the request arrived', async (t) => {
  const { api, keys } = await createTestApp(t, { TRUSTED_PROXIES: '127.0.0.0/8' });
  const pass = makePass(keys);
  const headers = { [passHeader]: pass, 'x-forwarded-for': '198.51.100.7, 127.0.0.3' };
  const answer = await api.request('GET', '/health/arrival', undefined, { headers });
  assertStatus(answer, 200);
  const { body } = answer;
  assert.equal(body.proof, proofFor(keys, pass));
  assert.equal(body.client, '198.51.100.7');
  assert.deepEqual(body.forwarded_for, ['198.51.100.7', '127.0.0.3']);
  assert.equal(body.is_peer_trusted, true);
});

test('everyone else gets the 404 of an unknown path', async (t) => {
  const { api, keys } = await createTestApp(t);
  const good = makePass(keys);
  const [time = '', nonce = ''] = good.split('.');
  const old = `${Number(time) - 25 * 60 * 60 * 1000}.${nonce}.${good.split('.')[2]}`;
  const proof = proofFor(keys, good) ?? '';
  const passes = [
    '',
    'x',
    makePass(others),
    old,
    `${good}0`,
    `${time}.${nonce}.${proof}`,
    good.slice(0, -1),
  ];
  for (const pass of passes) {
    const headers = { [passHeader]: pass };
    const answer = await api.request('GET', '/health/arrival', undefined, { headers });
    assertStatus(answer, 404);
    assert.equal(answer.body.message, "The requested resource '/health/arrival' was not found");
  }
  assertStatus(await api.get('/health/arrival'), 404);
});

test('a pass of the previous secret is good during a change of secrets', async (t) => {
  const previous = 'of last year, which was replaced since: 1b6e04d97c2f';
  const { api } = await createTestApp(t, { SECRET_KEY_PREVIOUS: previous });
  const headers = { [passHeader]: makePass(createKeyRing(previous)) };
  assertStatus(await api.request('GET', '/health/arrival', undefined, { headers }), 200);
});
