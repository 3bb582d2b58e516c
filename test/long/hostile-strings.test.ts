import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Answer } from '../answer.ts';
import { assertStatus } from '../api.ts';
import {
  assertTakesPlainValue,
  createFieldSender,
  describedFields,
  describedOperations,
  type Field,
  isRefused,
  openService,
} from '../attacks/described-fields.ts';
import { signedInAdmin } from '../factories.ts';

test('the OpenAPI document, from which these tests read fields, has every route', async (t) => {
  const { api } = await openService(t);
  const described = (await describedOperations(api)).map(({ method, path }) => `${method} ${path}`);
  const listed = readFileSync(join(import.meta.dirname, '../../docs/routes.txt'), 'utf8')
    .split('\n')
    .map((line) =>
      line
        .split(/\s+/, 2)
        .join(' ')
        .replaceAll(/:(\w+)/g, '{$1}'),
    )
    .filter((route) => route.includes(' /api/'));
  assert.deepEqual(
    described.filter((route) => route.includes(' /api/')).toSorted(),
    listed.toSorted(),
  );

  const fields = await describedFields(api);
  for (const label of [
    'POST /api/users/register full_name',
    'POST /api/admins/login password',
    'PATCH /api/admins/users/{id} email',
    'GET /api/admins/users cursor',
    'DELETE /api/users/me/sessions/{id} id',
  ]) {
    const field = fields.find((candidate) => candidate.label === label);
    assert.ok(field?.types.includes('string'), label);
  }
});

test('every documented field accepts a valid value', async (t) => {
  const service = await openService(t);
  const { send } = await createFieldSender(service);
  for (const field of await describedFields(service.api)) await assertTakesPlainValue(send, field);
});

test('B11 a NUL in any string is a validation error and never reaches the database', async (t) => {
  const service = await openService(t);
  const { send } = await createFieldSender(service);
  await forEachString(service.api, async (field) => {
    for (const hostile of ['\0', `${field.plain}\0`, `\0${field.plain}`, `a\0${field.plain}`]) {
      const statements = service.statements().length;
      assertNamed(await send(field, hostile), field, hostile);
      assert.equal(service.statements().length, statements, field.label);
    }
  });
});

test('B12 a lone surrogate in any string of any body is a validation error', async (t) => {
  const service = await openService(t);
  const { send } = await createFieldSender(service);
  await forEachString(service.api, async (field) => {
    if (field.place !== 'body') return;
    for (const surrogate of ['\ud800', '\udfff', '\udc00\ud800', '😀\ud83d']) {
      for (const hostile of [surrogate, `${field.plain}${surrogate}`]) {
        assertNamed(await send(field, hostile), field, hostile);
      }
    }
  });
});

const illFormed: Record<string, Buffer> = {
  'an invalid byte': Buffer.from([0xff]),
  'a lone continuation byte': Buffer.from([0x80]),
  'an overlong NUL': Buffer.from([0xc0, 0x80]),
  'a surrogate': Buffer.from([0xed, 0xa0, 0x80]),
  'a truncated character': Buffer.from([0xe2, 0x82]),
  'beyond U+10FFFF': Buffer.from([0xf5, 0x80, 0x80, 0x80]),
};

test('B12 invalid UTF-8 in any string of any body is refused before parsing', async (t) => {
  const service = await openService(t);
  const { sendRaw } = await createFieldSender(service);
  await forEachString(service.api, async (field) => {
    if (field.place !== 'body') return;
    const around = (bytes: Buffer) =>
      Buffer.concat([Buffer.from(`{"${field.name}":"x`), bytes, Buffer.from('"}')]);
    for (const [name, bytes] of Object.entries(illFormed)) {
      const answer = await sendRaw(field, around(bytes));
      assertStatus(answer, 422);
      assert.equal(answer.body.details.errors[0].type, 'invalid_json', `${field.label}: ${name}`);
    }
    const wellFormed = await sendRaw(field, around(Buffer.from('ü')));
    assert.ok(!wellFormed.text.includes('invalid_json'), field.label);
  });
});

test('B12 a query or a path whose escapes are invalid UTF-8 is refused', async (t) => {
  const service = await openService(t);
  const { send } = await createFieldSender(service);
  for (const field of await describedFields(service.api)) {
    if (field.place === 'body') continue;
    for (const bytes of Object.values(illFormed)) {
      const escapes = bytes.toString('hex').replaceAll(/../g, '%$&');
      const answer = await send(field, escapes);
      assert.equal(answer.status, field.place === 'query' ? 422 : 400, `${field.label} ${escapes}`);
    }
  }
});

test('B12 valid non-ASCII text is accepted in a body and in a query', async (t) => {
  const service = await openService(t);
  const { accessToken: token } = await signedInAdmin(service);
  const name = 'Zoë 😀 王小明';
  const changed = await service.api.put('/api/admins/me', { full_name: name }, { token });
  assertStatus(changed, 200);
  assert.equal(changed.body.full_name, name);
  const found = await service.api.get(`/api/admins?q=${encodeURIComponent(name)}`, { token });
  assertStatus(found, 200);
  assert.equal(found.body.total, 1);
});

async function forEachString(
  api: Parameters<typeof describedFields>[0],
  attack: (field: Field) => Promise<void>,
): Promise<void> {
  const fields = (await describedFields(api)).filter(({ types }) => types.includes('string'));
  assert.ok(fields.length > 0);
  for (const field of fields) await attack(field);
}

function assertNamed(answer: Answer, field: Field, hostile: string): void {
  assert.ok(isRefused(answer, field), `${field.label} ${JSON.stringify(hostile)}: ${answer.text}`);
}
