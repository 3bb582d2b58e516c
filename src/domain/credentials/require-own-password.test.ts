import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { signedInUser } from '../../../test/factories.ts';
import { createTestApp } from '../../../test/test-app.ts';
import { userRealm } from '../realms/realms.ts';
import { requireOwnPassword } from './require-own-password.ts';

test('an account that ended since its session was checked gets 401, and no guess counts', async (t) => {
  const service = await createTestApp(t, {}, { alone: true });
  const { id, password } = await signedInUser(service);
  await sql`UPDATE users SET deleted_at = now(), deleted_by = 'owner', erase_at = now() + interval '1 day'
    WHERE id = ${id}`.execute(service.db);
  const typed = { password, ip: '203.0.113.7', signal: new AbortController().signal };
  await assert.rejects(requireOwnPassword(service.deps, userRealm, id, typed), { status: 401 });
  assert.deepEqual(await service.db.selectFrom('throttles').select('policy').execute(), []);
});
