import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { adminRealm, type Realm, realms, userRealm } from '../../src/domain/realms/realms.ts';
import { registry } from '../../src/platform/metrics/registry.ts';
import type { Answer } from '../answer.ts';
import { assertStatus } from '../api.ts';
import { digitsOf, filterOf, startRangeList } from '../breached-list.ts';
import { openCommandLine } from '../command-line.ts';
import { newRegistration, signedInAdmin, signedInUser, signIn } from '../factories.ts';
import { reset, resetToken } from '../reset-calls.ts';
import { signedInTo } from '../session-calls.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

const breached = 'trustworthy zebra 7';
const other = 'granite lantern 41 willow';
const list = await startRangeList();
const withFilter = { BREACHED_PASSWORDS_FILE: await filterOf([breached]) };
const withList = { BREACHED_PASSWORDS_URL: list.url };

function assertBreached(answer: Answer, field: string): void {
  assertStatus(answer, 422);
  const [fault, ...others] = answer.body.details.errors;
  assert.deepEqual([fault.field, fault.type, others], [field, 'password_breached', []]);
  assert.match(fault.message, /data breach.*choose another.*change it wherever/);
}

/** Every way to set a password over HTTP, each with the field that has it. */
async function setEverywhere(service: TestApp, realm: Realm, password: string) {
  const { api } = service;
  const account = await signedInTo(service, realm);
  const superadmin = await signedInAdmin(service);
  const byAdmin = { token: superadmin.accessToken };
  const change = { current_password: account.password, new_password: password };
  const answers: [string, Answer][] = [
    [
      'password',
      await api.post(
        `${realm.path}/register`,
        newRegistration({ password }),
        realm.kind === 'admin' ? byAdmin : {},
      ),
    ],
    [
      'new_password',
      await api.post(`${realm.path}/change-password`, change, { token: account.accessToken }),
    ],
  ];
  if (realm.kind === 'admin') return answers;
  const created = await api.post('/api/admins/users', newRegistration({ password }), byAdmin);
  const link = await resetToken(service, account.email);
  answers.push(['password', created], ['new_password', await reset(api, link, password)]);
  return answers;
}

for (const realm of realms) {
  test(`D14 ${realm.kind}: a password of the filter is refused wherever one is set`, async (t) => {
    const service = await createTestApp(t, withFilter);
    const hashed = service.hashes();
    for (const [field, answer] of await setEverywhere(service, realm, breached))
      assertBreached(answer, field);
    // The current password is checked, for the change of it; two accounts were seeded.
    assert.equal(service.hashes(), hashed + 3);
    assert.ok(!service.logs().includes(breached));
    for (const [, answer] of await setEverywhere(service, realm, other))
      assert.ok(answer.status < 300, answer.text);
  });
}

test('D14 a refused reset leaves its link; a set password still signs in', async (t) => {
  const service = await createTestApp(t, withFilter);
  const user = await signedInUser(service, { password: breached });
  await signIn(service, userRealm, user);
  const link = await resetToken(service, user.email);
  assertBreached(await reset(service.api, link, breached), 'new_password');
  assertStatus(await reset(service.api, link, other), 200);
});

test('D14 the command line refuses such a password, too', async (t) => {
  const service = await createTestApp(t, withFilter);
  const { username } = await signedInAdmin(service);
  const commandLine = await openCommandLine(t, service);
  const names = { username: 'second.admin', email: 'second@example.com' };
  for (const [command, parameters] of [
    ['admin create', { ...names, password: breached }],
    ['admin reset-password', { admin: username, password: breached }],
  ] as const) {
    const { outcome } = await commandLine.run(command, parameters);
    assert.ok('failure' in outcome, command);
    assert.match(JSON.stringify(outcome.failure), /"field":"password".*data breach/);
  }
});

/** As the public lists answer: in no order, with CRLF, padded with digests that were never seen. */
function rangeWith(...seen: [rest: string, count: number][]): string {
  const padding = Array.from({ length: 800 }, (_, at) => {
    const rest = createHash('sha1').update(`padding ${at}`).digest('hex').slice(5).toUpperCase();
    return `${rest}:${at % 2 === 0 ? 0 : 3}`;
  });
  return [...padding, ...seen.map(([rest, count]) => `${rest}:${count}`)].join('\r\n');
}

function register({ api }: TestApp, password: string): Promise<Answer> {
  return api.post('/api/users/register', newRegistration({ password }));
}

async function outcomes(): Promise<Record<string, number>> {
  const metric = await registry.getSingleMetric('adl_breached_password_queries_total')?.get();
  const values = metric?.values ?? [];
  return Object.fromEntries(values.map(({ labels, value }) => [String(labels.outcome), value]));
}

test('D14 a list elsewhere learns five digits of each new password, and no more', async (t) => {
  const service = await createTestApp(t, withList, { alone: true });
  const { prefix, rest } = digitsOf(breached);
  list.asked.length = 0;
  list.answer = (_request, response) => response.end(rangeWith([rest, 12]));
  const before = await outcomes();
  assertBreached(await register(service, breached), 'password');
  assertStatus(await register(service, other), 201);
  assert.deepEqual(
    list.asked.map(({ path }) => path),
    [`/range/${prefix}`, `/range/${digitsOf(other).prefix}`],
  );
  for (const { headers } of list.asked) {
    assert.equal(headers['add-padding'], 'true');
    assert.deepEqual(
      Object.keys(headers).filter((name) => /cookie|authorization|referer|request-id/.test(name)),
      [],
    );
  }
  const after = await outcomes();
  assert.equal((after.found ?? 0) - (before.found ?? 0), 1);
  assert.equal((after['not found'] ?? 0) - (before['not found'] ?? 0), 1);
});

test('D14 padding, another case and an empty range are read as they are meant', async (t) => {
  const service = await createTestApp(t, withList);
  const { rest } = digitsOf(breached);
  for (const [body, status] of [
    [rangeWith([rest, 0]), 201],
    [rangeWith([rest.toLowerCase(), 1]), 422],
    [`${rest}:00007`, 422],
    [`${rest}:1\n`, 422],
    ['', 201],
  ] as const) {
    list.answer = (_request, response) => response.end(body);
    assertStatus(await register(service, breached), status);
  }
});

test('D14 I20 a list that fails lets passwords pass within two seconds', async (t) => {
  const service = await createTestApp(t, withList, { alone: true });
  const { rest } = digitsOf(breached);
  const visits: string[] = [];
  const before = (await outcomes()).failed ?? 0;
  const answers: [what: string, answer: typeof list.answer][] = [
    ['an error', (_request, response) => response.writeHead(500).end(`${rest}:1`)],
    ['no answer', () => {}],
    [
      'an answer that never ends',
      (_request, response) => void response.write(rangeWith([rest, 9])),
    ],
    ['10 MB', (_request, response) => response.end(`${rest}:1\r\n${'A'.repeat(10_000_000)}`)],
    ['a page', (_request, response) => response.end(`<html>\n${rest}:1\n</html>`)],
    ['a closed connection', (request) => request.socket.destroy()],
    [
      'a redirect',
      ({ url = '' }, response) => {
        visits.push(url);
        const body = url.startsWith('/elsewhere') ? `${rest}:1` : '';
        response
          .writeHead(body === '' ? 302 : 200, { location: `${list.url}/../elsewhere` })
          .end(body);
      },
    ],
  ];
  for (const [what, answer] of answers) {
    list.answer = answer;
    const began = performance.now();
    assertStatus(await register(service, breached), 201);
    assert.ok(performance.now() - began < 2000, what);
  }
  assert.deepEqual(visits, [`/range/${digitsOf(breached).prefix}`], 'a redirect is not followed');
  assert.equal(((await outcomes()).failed ?? 0) - before, answers.length);
  const lines = service
    .logs()
    .split('\n')
    .filter((line) => line.includes('does not answer'));
  assert.equal(lines.length, 1, 'one line a minute');
  for (const secret of [breached, rest, digitsOf(breached).prefix])
    assert.ok(!service.logs().includes(secret));
});

test('D14 what the filter knows, the list is not asked about', async (t) => {
  const service = await createTestApp(t, { ...withFilter, ...withList });
  list.asked.length = 0;
  list.answer = (_request, response) => response.end();
  assertBreached(await register(service, breached), 'password');
  assert.deepEqual(list.asked, []);
  assertStatus(await register(service, other), 201);
  assert.equal(list.asked.length, 1);
});

test('D14 without filter and list nothing is asked, and only common ones are refused', async (t) => {
  const service = await createTestApp(t);
  const superadmin = await signedInAdmin(service);
  list.asked.length = 0;
  assertStatus(await register(service, breached), 201);
  const byAdmin = { token: superadmin.accessToken };
  const path = `${adminRealm.path}/register`;
  assertStatus(await service.api.post(path, newRegistration({ password: breached }), byAdmin), 201);
  assert.deepEqual(list.asked, []);
});
