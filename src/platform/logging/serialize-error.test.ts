import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { newRegistration, signedInUser } from '../../../test/factories.ts';
import { createTestApp } from '../../../test/test-app.ts';
import { DatabaseUnavailableError } from '../database/database-errors.ts';
import { serializeError } from './serialize-error.ts';

test('a database error is logged with its code and constraint, never with row data', async (t) => {
  const test = await createTestApp(t);
  await signedInUser(test, { username: 'hunter2', email: 'hunter2@example.com' });
  const names = sql`username, email, password_scheme, password_hash, created_at, updated_at`;
  const failures: [logged: RegExp, statement: ReturnType<typeof sql>][] = [
    [
      /^SQLSTATE 23505 at users\.users_(username|email)_unique\b/,
      sql`INSERT INTO users (id, ${names}) SELECT gen_random_uuid(), ${names} FROM users`,
    ],
    [/^SQLSTATE 22P02\b/, sql`SELECT ${'hunter2\n    at hunter2'}::uuid`],
    [/^SQLSTATE 22007\b/, sql`SELECT ${'hunter2'}::timestamptz`],
    [/^SQLSTATE 23514\b/, sql`UPDATE users SET password_scheme = 'hunter2'`],
    [/^SQLSTATE 23502\b/, sql`UPDATE users SET email = NULL`],
    [
      /^SQLSTATE P0001\b/,
      sql`DO $$ BEGIN RAISE EXCEPTION 'hunter2' USING DETAIL = 'hunter2', HINT = 'hunter2'; END $$`,
    ],
  ];
  for (const [message, statement] of failures) {
    const error = await statement.execute(test.db).then(
      () => assert.fail(`no error ${String(message)}`),
      (reason: unknown) => reason,
    );
    const logged = serializeError(error);
    assert.equal(logged.type, 'DatabaseError');
    assert.match(String(logged.message), message);
    assert.match(String(logged.stack), /^\s+at /);
    assert.doesNotMatch(JSON.stringify(logged), /hunter2/i);
    const wrapped = serializeError(new DatabaseUnavailableError('connection lost', error));
    assert.equal((wrapped.cause as Record<string, unknown>).type, 'DatabaseError');
    assert.doesNotMatch(JSON.stringify(wrapped), /hunter2/i);
  }
});

test('an error is logged with name, message, code, cause and at most 12 frames only', () => {
  const cause = Object.assign(new RangeError('the cause'), {
    code: 'E_CAUSE',
    password: 'hunter2',
  });
  const error = Object.assign(new Error('the error', { cause }), {
    token: 'hunter2',
    request: { headers: 'hunter2' },
  });
  const { stack, cause: loggedCause, ...rest } = serializeError(error);
  assert.deepEqual(rest, { type: 'Error', message: 'the error', code: undefined });
  assert.ok(String(stack).split('\n').length <= 12);
  const { stack: _stack, ...causeRest } = loggedCause as Record<string, unknown>;
  assert.deepEqual(causeRest, { type: 'RangeError', message: 'the cause', code: 'E_CAUSE' });
});

test('a thrown value that is not an Error is logged with its type only', () => {
  assert.deepEqual(serializeError('hunter2'), { type: 'string' });
  assert.deepEqual(serializeError({ password: 'hunter2' }), { type: 'object' });
  assert.deepEqual(serializeError(null), { type: 'object' });
  assert.deepEqual(serializeError(undefined), { type: 'undefined' });
});

test('a duplicate registration logs no e-mail address, name or password', async (t) => {
  const test = await createTestApp(t);
  const taken = newRegistration();
  for (let time = 0; time < 2; time++) await test.api.post('/api/users/register', taken);
  assert.match(test.logs(), /409 Conflict: \/api\/users\/register/);
  for (const value of Object.values(taken))
    assert.equal(test.logs().includes(String(value)), false);
});
