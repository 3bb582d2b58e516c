import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertStatus } from '../../../test/api.ts';
import { createTestApp } from '../../../test/test-app.ts';

const publicUrl = 'https://accounts.example.com/auth';

test('the metadata names issuer, keys and algorithms', async (t) => {
  const { api } = await createTestApp(t, { PUBLIC_URL: publicUrl });
  const answer = await api.get('/.well-known/oauth-authorization-server');
  assertStatus(answer, 200);
  assert.deepEqual(answer.body, {
    issuer: publicUrl,
    jwks_uri: `${publicUrl}/.well-known/jwks.json`,
    introspection_endpoint: `${publicUrl}/api/tokens/introspect`,
    introspection_endpoint_auth_methods_supported: ['Bearer'],
    access_token_signing_alg_values_supported: ['EdDSA'],
    response_types_supported: [],
    grant_types_supported: [],
  });
});

test('both may be kept for five minutes, count on no limit and need no query', async (t) => {
  const { api, statements } = await createTestApp(t, { RATE_LIMIT_PER_HOUR: '1' });
  const before = statements().length;
  for (let count = 0; count < 5; count += 1) {
    for (const path of ['/.well-known/jwks.json', '/.well-known/oauth-authorization-server']) {
      const answer = await api.get(path);
      assertStatus(answer, 200);
      assert.equal(answer.headers['cache-control'], 'public, max-age=300');
      assert.equal(answer.headers['content-type'], 'application/json');
    }
  }
  assert.equal(statements().length, before);
  assertStatus(await api.get('/'), 200);
});

test('with HS256 no algorithm is promised that signs nothing', async (t) => {
  const { api } = await createTestApp(t, { ACCESS_TOKEN_ALGORITHM: 'HS256' });
  const { body } = await api.get('/.well-known/oauth-authorization-server');
  assert.deepEqual(body.access_token_signing_alg_values_supported, []);
});
