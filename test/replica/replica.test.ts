import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signedInUser } from '../factories.ts';
import { createTestApp, processes } from '../test-app.ts';

test('two processes take turns with the requests, and a session is good at both', {
  skip: processes === 1,
}, async (t) => {
  const service = await createTestApp(t);
  const { accessToken: token } = await signedInUser(service);
  for (let count = 0; count < 4; count += 1)
    assert.equal((await service.api.get('/api/users/me', { token })).status, 200);
  const answeredBy = service
    .logs()
    .split('\n')
    .flatMap((line) => (line.includes('"path":"/api/users/me"') ? JSON.parse(line).pid : []));
  assert.equal(answeredBy.length, 4);
  assert.equal(new Set(answeredBy).size, 2);
  assert.notEqual(answeredBy[0], answeredBy[1]);
});
