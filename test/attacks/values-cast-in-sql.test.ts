import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeCursor } from '../../src/platform/http/paging.ts';
import { anyCharacter } from '../any-character.ts';
import { assertStatus } from '../api.ts';
import { eventsOf } from '../audited-life.ts';
import { adminByRequest as signedInAdmin } from '../factories.ts';
import { createTestApp } from '../test-app.ts';

const day = '2026-01-31T12:00:00';
const refusedTimes = [
  `${day}+99:99`,
  `${day}+24:00`,
  `${day}-24:00`,
  `${day}+05:30:15`,
  `${day}+0530`,
  `${day}+05`,
  day,
  `${day}.Z`,
  `${day}.${'1'.repeat(150)}Z`,
  `${day}.${'0'.repeat(10)}Z`,
  `${day}Z BC`,
  `${day}Z\n`,
  '2026-01-31T23:59:60Z',
  '2026-01-31T24:00:00Z',
  '2026-02-30T00:00:00Z',
  '2025-02-29T00:00:00Z',
  '0000-01-01T00:00:00Z',
  '0001-01-01T00:00:00+00:01',
  '9999-12-31T23:59:59-00:01',
  '-2026-01-31T12:00:00Z',
  '+012026-01-31T12:00:00Z',
  '294277-01-01T00:00:00Z',
  'now',
  'infinity',
  'epoch',
  '1769860800',
];

const acceptedTimes = [
  `${day}Z`,
  `${day}.1Z`,
  `${day}.123456789Z`,
  `${day}+14:00`,
  `${day}-12:00`,
  `${day}+23:59`,
  `${day}-23:59`,
  `${day}-00:00`,
  '0001-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999999999Z',
  '2024-02-29T00:00:00+05:45',
];

test('a time that PostgreSQL cannot read is a 422; an RFC 3339 time is compared', async (t) => {
  const service = await createTestApp(t);
  const { accessToken: token } = await signedInAdmin(service);
  const ask = (name: string, time: string) =>
    service.api.get(`/api/admins/audit-events?${name}=${encodeURIComponent(time)}`, { token });
  for (const name of ['from', 'to']) {
    for (const time of refusedTimes)
      assert.equal((await ask(name, time)).status, 422, `${name}=${time}`);
    for (const time of acceptedTimes)
      assert.equal((await ask(name, time)).status, 200, `${name}=${time}`);
  }
});

test('a UTC offset is honoured, even beyond the range of PostgreSQL', async (t) => {
  const service = await createTestApp(t);
  const admin = await signedInAdmin(service);
  const all = await eventsOf(service, admin);
  const at = (hours: number, offset: string) => {
    const time = new Date(service.clock.now().getTime() + hours * 3_600_000)
      .toISOString()
      .slice(0, 23);
    return encodeURIComponent(`${time}${offset}`);
  };
  assert.ok(all.length > 0);
  assert.deepEqual(await eventsOf(service, admin, `&from=${at(22, '+23:00')}`), all);
  assert.deepEqual(await eventsOf(service, admin, `&from=${at(-22, '-23:00')}`), []);
  assert.deepEqual(await eventsOf(service, admin, `&to=${at(-22, '-23:00')}`), all);
});

const lists = [
  '/api/admins/users',
  '/api/admins',
  '/api/admins/mails',
  '/api/admins/audit-events',
  '/api/admins/users?sort=username',
  '/api/admins/users?sort=-email',
];

const oddTexts = fc.oneof(
  fc.constantFrom(
    ...refusedTimes,
    ...acceptedTimes,
    '-created_at',
    'username',
    '-email',
    '\0',
    '\ud800',
    '',
  ),
  fc.uuid(),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString().replace('Z', '000Z')),
  fc.string({ unit: anyCharacter, maxLength: 40 }),
);
const oddValue = fc.oneof(
  oddTexts,
  fc.constantFrom(-1, 0, 1, 2, 3, 0.5, 1e308, 2 ** 53),
  fc.jsonValue(),
);

test('no cursor, however malformed, causes more than a 422', async (t) => {
  const service = await createTestApp(t);
  const { accessToken: token } = await signedInAdmin(service);
  const content = fc.oneof(
    fc.array(oddValue, { maxLength: 4 }),
    fc.tuple(oddTexts, fc.uuid()),
    fc.tuple(fc.constantFrom('-created_at', 'username', '-email'), oddTexts, fc.uuid()),
    fc.tuple(oddValue, fc.uuid()),
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...lists), content, async (list, parts) => {
      const cursor = encodeCursor(...parts);
      const answer = await service.api.get(
        `${list}${list.includes('?') ? '&' : '?'}cursor=${cursor}`,
        {
          token,
        },
      );
      assert.ok(
        [200, 422].includes(answer.status),
        `${list} ${JSON.stringify(parts)}: ${answer.text}`,
      );
    }),
    { numRuns: 150 },
  );
});

test('no id, page or flag, however malformed, causes more than a 404 or a 422', async (t) => {
  const service = await createTestApp(t);
  const { accessToken: token } = await signedInAdmin(service);
  const names = [
    'page',
    'page_size',
    'actor',
    'subject',
    'event',
    'status',
    'is_active',
    'q',
    'sort',
  ];
  const number = fc.constantFrom(
    '1e3',
    '1e999',
    '-1',
    '0x10',
    '9'.repeat(30),
    '1.5',
    'NaN',
    ' 1 ',
    '1_0',
  );
  const value = fc.oneof(oddTexts, number);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...lists.slice(0, 4)),
      fc.constantFrom(...names),
      value,
      async (list, name, text) => {
        const written = encodeURIComponent(text.toWellFormed());
        const answers = [
          await service.api.get(`${list}?${name}=${written}`, { token }),
          await service.api.get(`/api/admins/users/${written}`, { token }),
          await service.api.post(`/api/admins/mails/${written}/requeue`, undefined, { token }),
        ];
        for (const answer of answers) {
          assert.ok(
            answer.status < 500 && answer.status !== 401,
            `${name}=${text}: ${answer.text}`,
          );
        }
      },
    ),
    { numRuns: 60 },
  );
  assertStatus(await service.api.get('/api/admins/users', { token }), 200);
});
