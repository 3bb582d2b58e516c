import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertStatus } from '../../../test/api.ts';
import { openCommandLine } from '../../../test/command-line.ts';
import { addApp } from '../../../test/factor-calls.ts';
import { signedInAdmin } from '../../../test/factories.ts';
import { withPasskey } from '../../../test/passkeys/passkey-calls.ts';
import { createTestApp } from '../../../test/test-app.ts';
import { userRealm } from '../../domain/realms/realms.ts';

test('admins see whether a user has second factors and of which kinds, and nothing else of them', async (t) => {
  const service = await createTestApp(t);
  const { accessToken: token } = await signedInAdmin(service);
  const { person } = await withPasskey(service, userRealm);
  const path = `/api/admins/users/${person.id}`;
  const shown = async () => {
    const answer = await service.api.get(path, { token });
    assertStatus(answer, 200);
    const { has_second_factor: has, second_factor_kinds: kinds } = answer.body;
    return { has, kinds, text: answer.text };
  };
  const before = await shown();
  assert.deepEqual([before.has, before.kinds], [true, ['passkey']]);

  const { secret } = await addApp(service, userRealm, person.accessToken);
  const both = await shown();
  assert.deepEqual([both.has, both.kinds.toSorted()], [true, ['passkey', 'totp']]);
  assert.ok(!both.text.includes(secret) && !both.text.includes('My phone'));
  const commandLine = await openCommandLine(t, service);
  const { second_factor_kinds: kinds } = await commandLine.result('user show', {
    user: person.username,
  });
  assert.deepEqual((kinds as string[]).toSorted(), ['passkey', 'totp']);

  const reset = await service.api.post(`${path}/reset-factors`, undefined, { token });
  assertStatus(reset, 204);
  const after = await shown();
  assert.deepEqual([after.has, after.kinds], [false, []]);
});
