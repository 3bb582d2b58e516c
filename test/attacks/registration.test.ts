import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertStatus } from '../api.ts';
import { goodPassword, newRegistration, signedInUser } from '../factories.ts';
import { createTestApp, type TestApp } from '../test-app.ts';
import { onPostgres } from '../test-database.ts';
import { createFieldSender, describedFields, isRefused } from './described-fields.ts';

const register = '/api/users/register';

test('B05 e-mail and username are unique ignoring case and keep their spelling', async (t) => {
  const service = await createTestApp(t);
  const { api } = service;
  const bob = newRegistration({ username: 'Bob', email: 'Bob@Example.COM' });
  assertStatus(await api.post(register, bob), 201);
  for (const [wanted, field] of [
    [{ email: 'bob@example.com' }, 'email'],
    [{ email: 'BOB@EXAMPLE.COM' }, 'email'],
    [{ username: 'BOB' }, 'username'],
    [{ username: 'bob' }, 'username'],
  ] as const) {
    const answer = await api.post(register, newRegistration(wanted));
    assertStatus(answer, 409);
    assert.equal(answer.body.details.field, field);
  }
  for (const username of ['bob', 'BOB', 'bob@example.com', 'BOB@Example.com']) {
    assertStatus(await api.post('/api/users/login', { username, password: bob.password }), 200);
  }
  assert.deepEqual(await storedNames(service), [{ username: 'Bob', email: 'Bob@Example.COM' }]);
});

test('B05 lookalikes of another width or script are refused and do not sign in', async (t) => {
  const { api } = await createTestApp(t);
  const kim = newRegistration({ username: 'kim.i', email: 'kim.i@example.com' });
  assertStatus(await api.post(register, kim), 201);
  // Full width, the Kelvin sign, dotless and dotted i, Cyrillic, a soft hyphen, a combining mark.
  const lookAlikes = [
    'ｋｉｍ.ｉ',
    '\u212aim.i',
    'kım.i',
    'KİM.İ',
    'kіm.i',
    'ki\u00adm.i',
    'kim.i\u0301',
  ];
  for (const name of lookAlikes) {
    assertStatus(await api.post(register, newRegistration({ username: name })), 422);
    assertStatus(await api.post(register, newRegistration({ email: `${name}@example.com` })), 422);
    for (const username of [name, `${name}@example.com`]) {
      assertStatus(await api.post('/api/users/login', { username, password: kim.password }), 401);
    }
  }
  assertStatus(await api.post(register, newRegistration({ email: 'kim.i@ｅxample.com' })), 422);
});

test('B08 every address field accepts one plain address and nothing else', async (t) => {
  const service = await createTestApp(t);
  const { send, sendAmongPlain } = await createFieldSender(service);
  // A login's e-mail address sets nothing and receives no mail.
  const fields = (await describedFields(service.api)).filter(
    ({ name, path }) => /email(?!_verified)/.test(name) && !path.endsWith('/login'),
  );
  const paths = fields.map(({ path }) => path);
  const setting = [
    register,
    '/api/password/forgot-password',
    '/api/password/test-email',
    '/api/users/me',
  ];
  for (const path of [...setting, '/api/admins/me', '/api/admins/register'])
    assert.ok(paths.includes(path), path);

  for (const field of fields) {
    for (const address of noPlainAddresses) {
      const answer = await sendAmongPlain(field, address);
      assert.ok(
        isRefused(answer, field),
        `${field.label} ${JSON.stringify(address)}: ${answer.text}`,
      );
    }
    const recipients = (await service.mailbox.mails()).map(({ recipient }) => recipient);
    assert.deepEqual(
      // After the @: lookalikes of a plain address may contain any digits.
      recipients.filter((one) => /@.*(x\.org|y\.org|localhost|127)/.test(one)),
      [],
    );
    assert.ok(!isRefused(await send(field, "o'hara+news@mail.example.co.uk"), field), field.label);
  }
});

const noPlainAddresses = [
  'a@x.org,b@y.org',
  'a@x.org;b@y.org',
  'a@x.org b@y.org',
  'a@x.org, ',
  'A <a@x.org>',
  '<a@x.org>',
  '"a b"@x.org',
  'a(comment)@x.org',
  'a@x.org\n',
  'a@x.org\r\nBcc: b@y.org',
  'a%0d%0aBcc:b@x.org',
  'a@x.org\u2028b@y.org',
  '\u00a0a@x.org',
  'a @x.org',
  'a@[127.0.0.1]',
  'a@localhost',
  'a@b@x.org',
  '@x.org:a@y.org',
  '@x.org',
  'mailto:a@x.org',
  'a..b@x.org',
  ['a@x.org', 'b@y.org'],
  { '0': 'a@x.org' },
];

test('B09 line breaks, in any encoding, are refused in every name and address', async (t) => {
  const service = await createTestApp(t);
  const { sendAmongPlain } = await createFieldSender(service);
  const names = /^(username|full_name|email|to_email)$/;
  const fields = (await describedFields(service.api)).filter(
    ({ name, place, path }) => place === 'body' && names.test(name) && !path.endsWith('/login'),
  );
  assert.ok(fields.length >= 14, `${fields.length} fields`);
  const breaks = ['\r\n', '\n', '\r', '\u0085', '\u2028', '\u2029', '\v', '\f', '\u001b'];
  for (const field of fields) {
    for (const lineBreak of breaks) {
      for (const value of [
        `ada${lineBreak}Bcc: evil@x.org`,
        `ada${lineBreak}`,
        `${lineBreak}ada@example.com`,
      ]) {
        const answer = await sendAmongPlain(field, value);
        assert.ok(
          isRefused(answer, field),
          `${field.label} ${JSON.stringify(value)}: ${answer.text}`,
        );
      }
    }
  }
  for (const { recipient } of await service.mailbox.mails())
    assert.doesNotMatch(recipient, /evil|\s/);
});

test('B14 twenty concurrent registrations of one name create one account', async (t) => {
  for (let round = 0; round < (onPostgres ? 4 : 2); round += 1) {
    const service = await createTestApp(t);
    const same = newRegistration({ username: 'Bob', email: 'Bob@example.com' });
    const inCase = [(text: string) => text, (text: string) => text.toUpperCase()];
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => {
        const spelt = inCase[index % 2] ?? String;
        return service.api.post(register, {
          ...same,
          username: spelt(same.username),
          email: spelt(same.email),
        });
      }),
    );
    const statuses = answers.map(({ status }) => status);
    assert.deepEqual(statuses.toSorted(), [201, ...Array.from({ length: 19 }, () => 409)]);
    const winner = answers.find(({ status }) => status === 201)?.body;
    const names = { username: winner.username, email: winner.email };
    assert.deepEqual(await storedNames(service), [names]);
    const mails = await service.mailbox.mails();
    assert.deepEqual(
      mails.map(({ recipient }) => recipient),
      [winner.email],
    );
    const { username, password } = same;
    assertStatus(await service.api.post('/api/users/login', { username, password }), 200);
  }
});

test('B14 so do concurrent registrations that share only e-mail or only username', async (t) => {
  for (const field of ['email', 'username'] as const) {
    const service = await createTestApp(t);
    const { [field]: shared } = newRegistration();
    const answers = await Promise.all(
      Array.from({ length: 10 }, () =>
        service.api.post(register, { ...newRegistration(), [field]: shared }),
      ),
    );
    const losers = answers.filter(({ status }) => status !== 201);
    assert.equal(losers.length, 9);
    for (const loser of losers) {
      assertStatus(loser, 409);
      assert.deepEqual(loser.body.details, { field, resource: 'user' });
    }
    assert.equal((await storedNames(service)).length, 1);
  }
});

test('B19 a duplicate key has one value for validation, storage and sign-in', async (t) => {
  const service = await createTestApp(t);
  const { api } = service;
  const rest = `"password":"${goodPassword}"`;
  const twice = `{"email":"first@example.com","username":"first","email":"second@example.com","username":"second",${rest}}`;
  const answer = await api.post(register, undefined, { rawBody: twice });
  assertStatus(answer, 201);
  assert.deepEqual([answer.body.email, answer.body.username], ['second@example.com', 'second']);
  assert.deepEqual(await storedNames(service), [
    { username: 'second', email: 'second@example.com' },
  ]);
  for (const [name, status] of [
    ['first', 401],
    ['second', 200],
  ] as const) {
    for (const username of [name, `${name}@example.com`]) {
      assertStatus(
        await api.post('/api/users/login', { username, password: goodPassword }),
        status,
      );
    }
  }
  assertStatus(
    await api.post(register, newRegistration({ username: 'first', email: 'first@example.com' })),
    201,
  );
});

test('B19 of duplicate addresses one is mailed and counted; of two tokens one is used', async (t) => {
  const service = await createTestApp(t);
  const { api, mailbox } = service;
  const [one, two] = [await signedInUser(service), await signedInUser(service)];
  const rawBody = `{"email":"${one.email}","email":"${two.email}"}`;
  for (let count = 0; count < 4; count += 1)
    assertStatus(await api.post('/api/password/forgot-password', undefined, { rawBody }), 200);
  const mails = await mailbox.mails('password_reset');
  assert.deepEqual(
    mails.map(({ recipient }) => recipient),
    [two.email, two.email, two.email],
  );

  assertStatus(await api.post('/api/password/forgot-password', { email: one.email }), 200);
  const [first, second] = [
    await mailbox.token('password_reset', one.email),
    await mailbox.token('password_reset', two.email),
  ];
  const password = 'granite lantern 41 willow';
  const twice = `{"token":"${first}","token":"${second}","new_password":"${password}"}`;
  assertStatus(await api.post('/api/password/reset-password', undefined, { rawBody: twice }), 200);
  const outcome = async ({ username }: { username: string }) =>
    (await api.post('/api/users/login', { username, password })).status;
  assert.deepEqual([await outcome(one), await outcome(two)], [401, 200]);
  assertStatus(
    await api.post('/api/password/reset-password', { token: first, new_password: password }),
    200,
  );
});

test('B19 an invalid value is refused even if a valid one of the same key came first', async (t) => {
  const service = await createTestApp(t);
  const { accessToken: token } = await signedInUser(service, { username: 'ada.lovelace' });
  const { username, email } = newRegistration();
  const refused: [method: string, path: string, field: string, rawBody: string][] = [
    [
      'POST',
      register,
      'email',
      `{"username":"${username}","password":"${goodPassword}","email":"${email}","email":"no"}`,
    ],
    [
      'POST',
      register,
      'password',
      `{"username":"${username}","email":"${email}","password":"${goodPassword}","password":"short"}`,
    ],
    [
      'POST',
      '/api/password/forgot-password',
      'email',
      `{"email":"${email}","email":"${email},b@y.org"}`,
    ],
    [
      'POST',
      '/api/password/reset-password',
      'new_password',
      `{"token":"t","new_password":"${goodPassword}","new_password":"short"}`,
    ],
    ['PUT', '/api/users/me', 'username', `{"username":"${username}","username":"a b"}`],
  ];
  for (const [method, path, field, rawBody] of refused) {
    const answer = await service.api.request(method, path, undefined, { token, rawBody });
    assertStatus(answer, 422);
    assert.deepEqual(
      answer.body.details.errors.map((fault: { field: string }) => fault.field),
      [field],
    );
  }
  assert.deepEqual(
    (await storedNames(service)).map((names) => names.username),
    ['ada.lovelace'],
  );
});

function storedNames({ db }: TestApp): Promise<{ username: string | null; email: string }[]> {
  return db.selectFrom('users').select(['username', 'email']).execute();
}
