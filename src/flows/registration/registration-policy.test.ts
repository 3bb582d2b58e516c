import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertStatus } from '../../../test/api.ts';
import { move, verifiedUser } from '../../../test/email-calls.ts';
import { newRegistration, signedInAdmin, signedInUser } from '../../../test/factories.ts';
import { accept, invite } from '../../../test/invitation-calls.ts';
import { createTestApp } from '../../../test/test-app.ts';

test('by invitation only: nobody registers, admins create and invite', async (t) => {
  const service = await createTestApp(t, { REGISTRATION: 'invited' });
  const { api } = service;
  const refused = await api.post('/api/users/register', newRegistration());
  assertStatus(refused, 403);
  assert.deepEqual(refused.body.details, { reason: 'registration_closed' });
  const admin = await signedInAdmin(service);
  assertStatus(await invite(service, admin, { email: 'grace@example.com' }), 201);
  const token = await service.mailbox.token('invitation', 'grace@example.com');
  assertStatus(await accept(service, token), 200);
  const asAdmin = { token: admin.accessToken };
  assertStatus(await api.post('/api/admins/users', newRegistration(), asAdmin), 201);
});

test('closed: nobody is invited either, and admins create users', async (t) => {
  const service = await createTestApp(t, { REGISTRATION: 'closed' });
  const admin = await signedInAdmin(service);
  assertStatus(await service.api.post('/api/users/register', newRegistration()), 403);
  const refused = await invite(service, admin, { email: 'grace@example.com' });
  assertStatus(refused, 403);
  assert.deepEqual(refused.body.details, { reason: 'registration_closed' });
  const asAdmin = { token: admin.accessToken };
  assertStatus(await service.api.post('/api/admins/users', newRegistration(), asAdmin), 201);
});

test('a closed registration reveals no name', async (t) => {
  const service = await createTestApp(t, { REGISTRATION: 'closed' });
  const user = await signedInUser(service);
  for (const { email } of [user, newRegistration()])
    assertStatus(await service.api.post('/api/users/register', newRegistration({ email })), 403);
});

const domains = { REGISTRATION_EMAIL_DOMAINS: 'Example.com, example.org' };

test('only addresses of the listed domains register, exactly and in any case', async (t) => {
  const service = await createTestApp(t, domains);
  const register = (email: string) =>
    service.api.post('/api/users/register', newRegistration({ email }));
  for (const email of ['ada@example.com', 'grace@EXAMPLE.ORG'])
    assertStatus(await register(email), 201);
  for (const email of [
    'ada@evil.com',
    'ada@sub.example.com',
    'ada@example.com.evil.com',
    'ada@notexample.com',
    'example.com@evil.com',
  ]) {
    const answer = await register(email);
    assertStatus(answer, 422);
    assert.equal(answer.body.details.errors[0].type, 'email_domain_not_allowed', email);
  }
});

test('an address cannot be changed to one of another domain, but by an admin', async (t) => {
  const service = await createTestApp(t, domains);
  const user = await verifiedUser(service);
  assertStatus(await move(service, user, 'ada@evil.com'), 422);
  assertStatus(await move(service, user, 'ada@example.org'), 200);
  const { accessToken: token } = await signedInAdmin(service);
  const body = { email: 'ada@partner.com' };
  assertStatus(await service.api.patch(`/api/admins/users/${user.id}`, body, { token }), 200);
});
