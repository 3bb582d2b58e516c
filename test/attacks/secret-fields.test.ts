import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt } from 'jose';
import { realms } from '../../src/domain/realms/realms.ts';
import type { Answer } from '../answer.ts';
import { assertStatus } from '../api.ts';
import { newRegistration, type SignedIn, signedInAdmin, signedInUser } from '../factories.ts';
import { refresh } from '../session-calls.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

const account = [
  'id',
  'username',
  'email',
  'full_name',
  'is_active',
  'legacy_id',
  'created_at',
  'updated_at',
];
const listedUserFields = [...account, 'is_superuser', 'is_email_verified', 'is_invited'];
const userFields = [...listedUserFields, 'metadata', 'app_metadata'];
const adminFields = [...account, 'is_superadmin'];
const pageFields = [
  'items',
  'total',
  'total_is_exact',
  'page',
  'page_size',
  'total_pages',
  'next_cursor',
];
const sessionFields = [
  'id',
  'created_at',
  'last_used_at',
  'expires_at',
  'ip',
  'user_agent',
  'current',
];
const tokenFields = ['access_token', 'refresh_token', 'token_type', 'expires_in'];

test('B20 every answer has exactly its documented fields, and nothing internal', async (t) => {
  const service = await createTestApp(t);
  const { api } = service;
  const user = await signedInUser(service);
  const admin = await signedInAdmin(service);
  const token = admin.accessToken;
  const asUser = { token: user.accessToken };
  const registered = await api.post('/api/users/register', newRegistration());
  const [userSession, adminSession] = [user, admin].map(({ accessToken }) => ({
    token: accessToken,
  }));

  const credentials = ({ username, password }: SignedIn) => ({ username, password });
  const answers: [Answer, string[], items?: string[]][] = [
    [registered, userFields],
    [await api.post('/api/admins/register', newRegistration(), { token }), adminFields],
    [await api.post('/api/admins/users', newRegistration(), { token }), userFields],
    [await api.get('/api/users/me', userSession), userFields],
    [await api.put('/api/users/me', { full_name: 'Ada' }, asUser), userFields],
    [await api.get('/api/admins/me', adminSession), adminFields],
    [await api.put('/api/admins/me', { full_name: 'Ada' }, { token }), adminFields],
    [await api.get('/api/admins/users', { token }), pageFields, listedUserFields],
    [await api.get('/api/admins', { token }), pageFields, adminFields],
    [
      await api.patch(`/api/admins/users/${user.id}`, { is_superuser: true }, { token }),
      userFields,
    ],
    [await api.patch(`/api/admins/${admin.id}`, { is_superadmin: true }, { token }), adminFields],
    [
      await api.get(`/api/admins/users/${user.id}`, { token }),
      [
        ...userFields,
        'last_login_at',
        'deleted_at',
        'has_second_factor',
        'second_factor_kinds',
        'sessions',
      ],
    ],
    [await api.get('/api/users/me/sessions', asUser), ['items'], sessionFields],
    [await api.get('/api/admins/me/sessions', { token }), ['items'], sessionFields],
    [await api.post('/api/users/login', credentials(user)), tokenFields],
    [await api.post('/api/admins/login', credentials(admin)), tokenFields],
    [await refresh(api, realms[0], user.refreshToken), tokenFields],
    [await refresh(api, realms[1], admin.refreshToken), tokenFields],
  ];
  const secrets = await storedSecrets(service);
  for (const [answer, fields, itemFields] of answers) {
    assert.ok([200, 201].includes(answer.status), answer.text);
    assertFields(answer.body, fields);
    if (itemFields) assert.ok(answer.body.items.length > 0);
    for (const item of itemFields ? answer.body.items : []) assertFields(item, itemFields ?? []);
    for (const secret of secrets) assert.ok(!answer.text.includes(secret), answer.text);
  }
});

test('B20 an access token names account and session, and no personal data', async (t) => {
  const service = await createTestApp(t);
  for (const { accessToken } of [await signedInUser(service), await signedInAdmin(service)]) {
    const registered = ['iss', 'aud', 'sub', 'jti', 'iat', 'exp'];
    const own = ['kind', 'sid', 'auth_time', 'amr', 'acr'];
    assertFields(decodeJwt(accessToken), [...registered, ...own]);
  }
});

test('B20 errors reveal nothing about an existing account', async (t) => {
  const service = await createTestApp(t);
  const user = await signedInUser(service, { fullName: 'Ada Lovelace' });
  const taken = await service.api.post(
    '/api/users/register',
    newRegistration({ username: user.username }),
  );
  assertStatus(taken, 409);
  const wrong = await service.api.post('/api/users/login', {
    username: user.username,
    password: 'not the one',
  });
  assertStatus(wrong, 401);
  for (const { text } of [taken, wrong]) {
    for (const known of [user.id, user.email, 'Ada Lovelace'])
      assert.ok(!text.includes(known), text);
  }
});

function assertFields(value: object, fields: readonly string[]): void {
  assert.deepEqual(Object.keys(value).toSorted(), fields.toSorted());
}

/** All hashes and keys at rest, in every encoding in which they might leak. */
async function storedSecrets({ db }: TestApp): Promise<string[]> {
  const texts: string[] = [];
  const bytes: Buffer[] = [];
  for (const { table } of realms) {
    const rows = await db.selectFrom(table).select(['password_hash', 'password_key']).execute();
    texts.push(...rows.flatMap((row) => row.password_hash ?? []));
    bytes.push(...rows.flatMap((row) => row.password_key ?? []));
  }
  const sessions = await db
    .selectFrom('sessions')
    .select(['current_hash', 'previous_hash'])
    .execute();
  bytes.push(...sessions.flatMap((row) => [row.current_hash, row.previous_hash ?? []].flat()));
  assert.ok(texts.length >= 4 && bytes.length >= 6);
  const spelt = bytes.flatMap((value) =>
    (['hex', 'base64', 'base64url'] as const).map((encoding) =>
      Buffer.from(value).toString(encoding),
    ),
  );
  return [...texts, ...spelt];
}
