import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adminRealm, userRealm } from '../../src/domain/realms/realms.ts';
import { listRoutes } from '../../src/process/route-list.ts';
import { assertStatus } from '../api.ts';
import { addApp, codeOf, factorCalls, logIn } from '../factor-calls.ts';
import { newRegistration, signedInAdmin, signIn } from '../factories.ts';
import { refreshed, signedInTo } from '../session-calls.ts';
import { createTestApp } from '../test-app.ts';

const policy = { REQUIRE_ADMIN_SECOND_FACTOR: 'true' };

const id = '01890a5d-ac96-774b-bcce-b302099a8057';

/** Of the guarded routes. Signing out takes the refresh token, and no guard. */
const open =
  /^(GET \/api\/admins\/me|\S+ \/api\/admins\/me\/(factors|passkeys)\b.*|POST \/api\/admins\/me\/reauthenticate)$/;

test('N09 an admin without a factor reaches no route but those that set one up', async (t) => {
  const service = await createTestApp(t, policy);
  const admin = await signedInAdmin(service);
  const { accessToken: token } = admin;
  let refusals = 0;
  for (const line of (await listRoutes()).trim().split('\n')) {
    const [method = '', path = '', guard = ''] = line.split(/ +/);
    if (!['admin', 'superadmin'].includes(guard)) continue;
    const name = `${method} ${path}`;
    const answer = await service.api.request(method, path.replaceAll(/:\w+/g, id), bodyOf(name), {
      token,
    });
    if (open.test(name)) {
      assert.notEqual(answer.body?.details?.reason, 'second_factor_setup_required', name);
      continue;
    }
    assert.equal(answer.status, 403, name);
    assert.equal(answer.body.details.reason, 'second_factor_setup_required', name);
    refusals += 1;
  }
  assert.ok(refusals > 20, `${refusals}`);
  const another = await service.api.post('/api/admins/register', newRegistration(), { token });
  assertStatus(another, 403);
  assert.equal(another.body.details.reason, 'second_factor_setup_required');
  const body = { refresh_token: admin.refreshToken };
  assertStatus(await service.api.post('/api/admins/logout', body), 204);
});

/** One that passes the schema, so that the guard decides. */
function bodyOf(name: string): unknown {
  if (name.endsWith('/change-password'))
    return { current_password: 'not the right one', new_password: 'new one, long enough' };
  if (name === 'POST /api/admins/users/invite') return { email: 'zoe@example.com' };
  if (name === 'POST /api/admins/users') return { email: 'zoe@example.com', username: 'zoe' };
  if (name.endsWith('/test-email')) return { to_email: 'ops@example.com' };
  return /^(GET|DELETE) /.test(name) ? undefined : {};
}

test('N09 the session that sets up the factor works from then on, an older one after a code', async (t) => {
  const service = await createTestApp(t, policy);
  const admin = await signedInAdmin(service);
  const older = await signIn(service, adminRealm, admin);
  const list = (token: string) => service.api.get('/api/admins', { token });
  assertStatus(await list(admin.accessToken), 403);
  const { secret, factorId } = await addApp(service, adminRealm, admin.accessToken);
  assertStatus(await list(admin.accessToken), 200);
  const refused = await list(older.accessToken);
  assertStatus(refused, 403);
  assert.deepEqual(refused.body.details, {
    reason: 'reauthentication_required',
    methods: ['code'],
  });
  const calls = factorCalls(service, adminRealm, older.accessToken);
  assertStatus(await calls.reauthenticate({ code: codeOf(service, secret) }), 204);
  assertStatus(await list(older.accessToken), 200);
  const { accessToken: token } = await refreshed(service.api, adminRealm, older.refreshToken);
  assertStatus(await list(token), 200);
  assertStatus(await calls.remove(factorId), 204);
  assertStatus(await list(token), 403);
});

test('N09 users need no factor, and without the policy no admin does', async (t) => {
  const strict = await createTestApp(t, policy);
  const user = await signedInTo(strict, userRealm);
  assertStatus(await strict.api.get('/api/users/me/sessions', { token: user.accessToken }), 200);
  const lax = await createTestApp(t);
  const admin = await signedInAdmin(lax);
  assertStatus(await lax.api.get('/api/admins', { token: admin.accessToken }), 200);
  assertStatus(await logIn(lax, adminRealm, admin), 200);
});
