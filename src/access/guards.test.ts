import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FastifyRequest } from 'fastify';
import { assertStatus } from '../../test/api.ts';
import {
  adminByRequest as signedInAdmin,
  registeredUser as signedInUser,
  signIn,
} from '../../test/factories.ts';
import { statusOfMe } from '../../test/session-calls.ts';
import { createTestApp } from '../../test/test-app.ts';
import { userRealm } from '../domain/realms/realms.ts';
import { AppError } from '../platform/errors.ts';
import { callerOf } from './guards.ts';

test('callerOf in a route without a guard throws 401', () => {
  assert.throws(
    () => callerOf({ caller: null } as FastifyRequest),
    (error) => error instanceof AppError && error.status === 401,
  );
});

test('a refusal says whether the token is missing, is invalid or lacks the right', async (t) => {
  const service = await createTestApp(t);
  const { api } = service;
  const { accessToken: token } = await signedInAdmin(service, { superadmin: false });
  const none = await api.get('/api/admins/users');
  const bad = await api.get('/api/admins/users', { token: 'x.y.z' });
  const weak = await api.get('/api/admins', { token });
  for (const answer of [none, bad]) assertStatus(answer, 401);
  assert.notEqual(none.body.message, bad.body.message);
  assert.equal(bad.body.message, 'The access token is not valid');
  assertStatus(weak, 403);
  assert.equal(weak.body.message, 'Only a superadmin may do this');
  await service.db.updateTable('sessions').set({ revoked_at: service.clock.now() }).execute();
  const ended = await api.get('/api/admins/me', { token });
  assertStatus(ended, 401);
  assert.equal(ended.body.message, 'The access token is not valid');
});

test('a header value "authorization" does not count as a second Authorization header', async (t) => {
  const service = await createTestApp(t);
  const { accessToken: token } = await signedInUser(service);
  const options = { token, headers: { 'x-note': 'authorization' } };
  assertStatus(await service.api.get('/api/users/me', options), 200);
});

test('a request counts on the account of its token only, and the event names it', async (t) => {
  const service = await createTestApp(t, { RATE_LIMIT_ACCOUNT_PER_HOUR: '3' });
  const [one, other] = [await signedInUser(service), await signedInUser(service)];
  const status = async (token: string) =>
    (await service.api.get('/api/users/me', { token })).status;
  // The factory has made one request for each account.
  for (const expected of [200, 200, 429, 429])
    assert.equal(await status(one.accessToken), expected);
  assert.equal(await status(other.accessToken), 200);
  const events = service.db.selectFrom('audit_events').select(['subject_kind', 'subject_id']);
  assert.deepEqual(await events.where('event', '=', 'limit_exceeded').execute(), [
    { subject_kind: 'user', subject_id: one.id },
  ]);
});

test('sessions share the limit of their account; tokens of ended sessions use none', async (t) => {
  const service = await createTestApp(t, { RATE_LIMIT_ACCOUNT_PER_HOUR: '10' });
  const thief = await signedInUser(service);
  const owner = await signIn(service, userRealm, thief);
  const statusOf = (token: string) => statusOfMe(service.api, userRealm, token);
  assertStatus(
    await service.api.post('/api/users/logout', { refresh_token: thief.refreshToken }),
    204,
  );
  const ofThief = [];
  for (let count = 0; count < 15; count += 1) ofThief.push(await statusOf(thief.accessToken));
  assert.deepEqual(new Set(ofThief), new Set([401, 429]));
  // The factory has made one request for each of the two sessions.
  for (let count = 0; count < 8; count += 1) assert.equal(await statusOf(owner.accessToken), 200);
  const { username, password } = owner;
  const third = await service.api.post('/api/users/login', { username, password });
  assert.equal(await statusOf(third.body.access_token), 429);
});
