import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exchange, requestText } from '../../../test/raw-http.ts';
import { assertSoundAnswer } from '../../../test/sound-answer.ts';
import { createTestApp, type TestApp } from '../../../test/test-app.ts';

const uuid = '4bf92f35-77b3-4da6-a3ce-929d0e0e4736';
const version4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const behindProxy = { TRUSTED_PROXIES: '127.0.0.1/32' };

/** Sends the headers; returns the id, which must be the same in response and log lines. */
async function requestId(
  { app, logs }: TestApp,
  given: string[],
  localAddress = '127.0.0.1',
): Promise<string> {
  const before = logs().length;
  const extra = given.map((value) => `X-Request-ID: ${value}\r\n`).join('');
  const request = requestText('GET', '/nothing').replace('\r\n\r\n', `\r\n${extra}\r\n`);
  const { answers } = await exchange(app, request, { answers: 1, localAddress });
  const [answer] = answers;
  assert.ok(answer);
  assertSoundAnswer(answer, { method: 'GET', path: '/nothing' });
  const lines = logs().slice(before).trim().split('\n');
  assert.equal(lines.length, 3);
  const ids = new Set(lines.map((line): unknown => JSON.parse(line).request_id));
  assert.deepEqual([...ids], [answer.body.request_id]);
  return answer.body.request_id;
}

test('M05 each request without an id gets a new one', async (t) => {
  for (const overrides of [{}, behindProxy]) {
    const test = await createTestApp(t, overrides);
    const ids = [await requestId(test, []), await requestId(test, [])];
    for (const id of ids) assert.match(id, version4);
    assert.notEqual(ids[0], ids[1]);
  }
});

test('M05 an id of a trusted proxy is kept if it is a UUID or 32 hex digits', async (t) => {
  const test = await createTestApp(t, behindProxy);
  assert.equal(await requestId(test, [uuid]), uuid);
  assert.equal(await requestId(test, [uuid.toUpperCase()]), uuid);
  assert.equal(await requestId(test, [uuid.replaceAll('-', '')]), uuid);
  assert.equal(
    await requestId(test, ['01890a5d-ac96-774b-bcce-b302099a8057']),
    '01890a5d-ac96-774b-bcce-b302099a8057',
  );
});

test('M05 any other id is replaced, even from a trusted proxy', async (t) => {
  const test = await createTestApp(t, behindProxy);
  for (const given of [
    [''],
    ['x'],
    ['a'.repeat(10_000)],
    ['<script>alert(1)</script>'],
    [`${uuid};`],
    [`{"${uuid}"}`],
    [uuid.replaceAll('-', '').slice(1)],
    [uuid.replace('4', 'g')],
    [`${uuid}, ${uuid}`],
    [uuid, uuid],
    [uuid, 'x'],
  ]) {
    const id = await requestId(test, given);
    assert.match(id, version4);
    assert.notEqual(id, uuid, given.join(' | ').slice(0, 100));
  }
});

test('M05 a line break in the id starts a second header, which has no effect', async (t) => {
  const test = await createTestApp(t, behindProxy);
  assert.equal(await requestId(test, [`${uuid}\r\nSet-Cookie: a=b`]), uuid);
  assert.doesNotMatch(test.logs(), /Set-Cookie/);
});

test('M05 an id of a client is replaced, even if it is valid', async (t) => {
  const test = await createTestApp(t, behindProxy);
  assert.notEqual(await requestId(test, [uuid], '127.0.0.2'), uuid);
  const alone = await createTestApp(t);
  for (const given of [uuid, uuid.replaceAll('-', ''), 'a'.repeat(10_000), '<script>']) {
    const id = await requestId(alone, [given]);
    assert.match(id, version4);
    assert.notEqual(id, uuid);
  }
});
