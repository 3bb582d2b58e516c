import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tokenPairSchema } from './token-schemas.ts';

test('the schema describes each token and has a valid example', () => {
  const { access_token, refresh_token, expires_in } = tokenPairSchema.shape;
  for (const field of [access_token, refresh_token, expires_in]) {
    assert.match(field.description ?? '', /^\w{3,}/);
    assert.ok(field.safeParse(field.meta()?.example).success && field.meta()?.example);
  }
  assert.equal(tokenPairSchema.meta()?.id, 'TokenPair');
});
