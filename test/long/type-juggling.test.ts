import assert from 'node:assert/strict';
import { test } from 'node:test';
import { realms } from '../../src/domain/realms/realms.ts';
import { assertStatus } from '../api.ts';
import {
  createFieldSender,
  describedFields,
  isRefused,
  openService,
} from '../attacks/described-fields.ts';
import { signIn } from '../factories.ts';
import { refreshed, signedInTo } from '../session-calls.ts';

/** Values of every JSON type; query operators and callable objects are ordinary objects here. */
function strangersTo(plain: unknown): [type: string, value: unknown][] {
  return [
    ['array', [plain]],
    ['array', []],
    ['array', [[plain], plain]],
    ['object', {}],
    ['object', { $gt: '' }],
    ['object', { toString: 1 }],
    ['object', { '0': plain, length: 1 }],
    ['integer', 7],
    ['integer', 0],
    ['number', -1.5e300],
    ['boolean', true],
    ['boolean', false],
    ['null', null],
    ['string', 'true'],
    ['string', ''],
  ];
}

test('B18 a body field accepts only its documented types, and is named in the error', async (t) => {
  const service = await openService(t);
  const { send } = await createFieldSender(service);
  let refused = 0;
  for (const field of await describedFields(service.api)) {
    if (field.place !== 'body') continue;
    assert.ok(field.types.length > 0, `${field.label} has no type`);
    for (const [type, value] of strangersTo(field.plain)) {
      if (field.types.some((described) => described === type)) continue;
      const answer = await send(field, value);
      assert.ok(
        isRefused(answer, field),
        `${field.label} ${JSON.stringify(value)}: ${answer.text}`,
      );
      refused += 1;
    }
  }
  assert.ok(refused > 300, `${refused} were refused`);
});

test('B18 every endpoint with a body refuses one that is not an object', async (t) => {
  const service = await openService(t);
  const { sendRaw } = await createFieldSender(service);
  for (const field of await describedFields(service.api)) {
    if (field.place !== 'body') continue;
    for (const body of ['[]', '[{}]', 'null', 'true', '7', '"text"', `"${field.name}"`]) {
      const answer = await sendRaw(field, body);
      assertStatus(answer, 422);
      assert.equal(answer.body.details.errors[0].field, 'body', `${field.label} ${body}`);
    }
  }
});

test('B18 the last of duplicate parameters counts; one with brackets is unknown', async (t) => {
  const service = await openService(t);
  const { api } = service;
  const { tokenFor } = await createFieldSender(service);
  const queries = (await describedFields(api)).filter(({ place }) => place === 'query');
  assert.ok(queries.length >= 12);
  for (const field of queries) {
    const plain = encodeURIComponent(String(field.plain));
    const token = tokenFor(field.path);
    const path = field.path.replaceAll(/\{\w+\}/g, 'some');
    const once = await api.get(`${path}?${field.name}=${plain}`, { token });
    const twice = await api.get(`${path}?${field.name}=nonsense&${field.name}=${plain}`, { token });
    assert.deepEqual([twice.status, twice.body.items], [once.status, once.body.items], field.label);
    for (const suffix of ['[]', '[$gt]', '[toString]', '[0]', '.length']) {
      const answer = await api.get(`${path}?${field.name}${suffix}=${plain}`, { token });
      assert.ok(isRefused(answer, { ...field, name: `${field.name}${suffix}` }), field.label);
    }
  }
});

for (const realm of realms) {
  test(`B18 ${realm.kind}: right credentials and tokens of a wrong type open nothing`, async (t) => {
    const service = await openService(t);
    const account = await signedInTo(service, realm);
    const { username, email, password, refreshToken } = account;
    const wrapped = (value: string) => [
      [value],
      { value },
      { $eq: value },
      { $gt: '' },
      true,
      1,
      null,
    ];
    const bodies = [
      ...wrapped(password).map((value) => ({ username, password: value })),
      ...wrapped(username).map((value) => ({ username: value, password })),
      ...wrapped(email).map((value) => ({ email: value, password })),
    ];
    for (const body of bodies) {
      const answer = await service.api.post(`${realm.path}/login`, body);
      assert.equal(answer.status, 422, JSON.stringify(body));
    }
    for (const value of wrapped(refreshToken)) {
      assertStatus(await service.api.post(`${realm.path}/refresh`, { refresh_token: value }), 422);
      assertStatus(await service.api.post(`${realm.path}/logout`, { refresh_token: value }), 422);
    }
    const sessions = await service.db
      .selectFrom('sessions')
      .select(['generation', 'revoked_at'])
      .execute();
    assert.deepEqual(sessions, [{ generation: 0, revoked_at: null }]);
    await signIn(service, realm, account);
    await refreshed(service.api, realm, refreshToken);
  });
}
