import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FastifyRequest } from 'fastify';
import { assertStatus } from '../../../test/api.ts';
import { signedInAdmin } from '../../../test/factories.ts';
import { createTestApp } from '../../../test/test-app.ts';
import { AppError } from '../../errors.ts';
import { callerOf } from './authenticate.ts';

test('a handler behind no guard finds no caller: a 401, and nobody', () => {
  assert.throws(
    () => callerOf({ caller: null } as FastifyRequest),
    (error) => error instanceof AppError && error.status === 401,
  );
});

test('a refusal says what is missing: a token, a good one, or the right', async (t) => {
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
});
