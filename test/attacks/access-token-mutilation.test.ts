import assert from 'node:assert/strict';
import { test } from 'node:test';
import { userRealm } from '../../src/domain/realms/realms.ts';
import type { Answer } from '../answer.ts';
import { assertStatus } from '../api.ts';
import { signedInUser } from '../factories.ts';
import { exchange, requestText } from '../raw-http.ts';
import { statusOfMe } from '../session-calls.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Every token that differs from this one by one character, and all its prefixes and suffixes. */
function* mutilated(token: string): Generator<string> {
  for (let index = 0; index < token.length; index += 1) {
    const [before, after] = [token.slice(0, index), token.slice(index + 1)];
    const next = alphabet[(alphabet.indexOf(token[index] ?? '') + 1) % alphabet.length];
    yield before + after;
    yield before + next + after;
    yield before;
    yield after;
  }
}

test('E11 a token with one character missing or changed is rejected', async (t) => {
  const service = await createTestApp(t);
  const { accessToken } = await signedInUser(service);
  assert.equal(await statusOfMe(service.api, userRealm, accessToken), 200);
  const tokens = new Set(mutilated(accessToken));
  assert.ok(tokens.size > 3 * accessToken.length && !tokens.has(accessToken));
  const { accessTokens } = service.deps;
  assert.notEqual(await accessTokens.verify(accessToken), null);
  for (const token of tokens) assert.equal(await accessTokens.verify(token), null, token);
  // Every kind of change, in every part of the token, through HTTP as well.
  for (const token of [...tokens].filter((_token, index) => index % 17 === 0)) {
    assert.equal(await statusOfMe(service.api, userRealm, token), 401, token);
  }
});

test('E11 only the canonical base64url encoding of each part is accepted', async (t) => {
  const service = await createTestApp(t);
  const { accessToken } = await signedInUser(service);
  const ends = [
    accessToken.indexOf('.') - 1,
    accessToken.lastIndexOf('.') - 1,
    accessToken.length - 1,
  ];
  let spellings = 0;
  for (const index of ends) {
    for (const character of `${alphabet}=+/`) {
      const token = accessToken.slice(0, index) + character + accessToken.slice(index + 1);
      const expected = token === accessToken ? 200 : 401;
      assert.equal(await statusOfMe(service.api, userRealm, token), expected, token);
      spellings += 1;
    }
  }
  assert.equal(spellings, 3 * 67);
});

test('E11 a token has exactly three parts and nothing around them', async (t) => {
  const service = await createTestApp(t);
  const { accessToken: token, refreshToken } = await signedInUser(service);
  const [header = '', claims = '', signature = ''] = token.split('.');
  const tokens = [
    `${header}.${claims}`,
    `${header}.${claims}.`,
    `${header}..${signature}`,
    `.${claims}.${signature}`,
    '..',
    '.',
    '....',
    `${token}.`,
    `.${token}`,
    `${header}.${claims}..${signature}`,
    `${header}.${claims}.${signature}.x.y`,
    `${header}.${claims}.${signature}.${signature}`,
    `${token}=`,
    `${token}==`,
    `${header}=.${claims}=.${signature}`,
    `${claims}.${header}.${signature}`,
    `${header}.${header}.${header}`,
    `${token}${token}`,
    `${token}.${token}`,
    `${token}~`,
    refreshToken,
    'null',
    'undefined',
    '0',
    'A'.repeat(8000),
    `${'A'.repeat(4000)}.${'A'.repeat(4000)}.${'A'.repeat(4000)}`,
  ];
  for (const each of tokens) {
    assert.equal(await statusOfMe(service.api, userRealm, each), 401, each.slice(0, 60));
  }
});

/** `GET /api/users/me` with raw header lines, over a socket. */
async function getMe({ app }: TestApp, lines: string | Buffer, query = ''): Promise<Answer> {
  const [start, end] = requestText('GET', `/api/users/me${query}`).split(/(?<=HTTP\/1\.1\r\n)/);
  const bytes = Buffer.concat([start ?? '', lines, end ?? ''].map((part) => Buffer.from(part)));
  const { answers } = await exchange(app, bytes, { answers: 1 });
  assert.equal(answers.length, 1);
  return answers[0] as Answer;
}

test('E12 an Authorization other than one Bearer token is a 401 that says so', async (t) => {
  const service = await createTestApp(t);
  const { accessToken: token, username, password } = await signedInUser(service);
  for (const scheme of ['Bearer', 'bearer', 'BEARER', 'Bearer ']) {
    assertStatus(await getMe(service, `Authorization: ${scheme} ${token}\r\n`), 200);
  }
  const basic = Buffer.from(`${username}:${password}`).toString('base64');
  const values = [
    '',
    'Bearer',
    'Bearer ',
    'Bearer a b',
    'Bearer %E0%A4%A',
    'bearer x',
    `Bearer\t${token}`,
    `Bearer${token}`,
    `Bearer ${token} x`,
    `Bearer ${token}, Bearer ${token}`,
    `Bearer ${token},`,
    `Bearer ${token};`,
    `Bearer "${token}"`,
    `Bearer <${token}>`,
    `Bearer Bearer ${token}`,
    `Bearer token=${token}`,
    `Bearer: ${token}`,
    `Basic ${basic}`,
    `Token ${token}`,
    `JWT ${token}`,
    `DPoP ${token}`,
    token,
    'Bearer Žluťoučký',
    'Bearer \u202e\u0000x'.replace('\u0000', ''),
  ];
  for (const value of values) {
    const answer = await getMe(service, Buffer.from(`Authorization: ${value}\r\n`));
    assertStatus(answer, 401);
    assert.equal(answer.headers['www-authenticate'], 'Bearer');
    assert.ok(!answer.text.includes(token));
  }
  const bytes = Buffer.concat([
    Buffer.from('Authorization: Bearer '),
    Buffer.from([0xff, 0xfe, 0xc3, 0x28]),
    Buffer.from('\r\n'),
  ]);
  assertStatus(await getMe(service, bytes), 401);
});

test('E12 two Authorization headers are rejected, even if one is valid', async (t) => {
  const service = await createTestApp(t);
  const { accessToken } = await signedInUser(service);
  const good = `Authorization: Bearer ${accessToken}\r\n`;
  const bad = 'Authorization: Bearer x\r\n';
  for (const lines of [
    good + bad,
    bad + good,
    good + good,
    good + good.toLowerCase(),
    `${good}Authorization: \r\n`,
  ]) {
    assertStatus(await getMe(service, lines), 401);
  }
  assertStatus(await getMe(service, good), 200);
});

test('E12 a token is read from the Authorization header only', async (t) => {
  const service = await createTestApp(t);
  const { accessToken: token } = await signedInUser(service);
  for (const name of ['access_token', 'token', 'authorization', 'jwt']) {
    assertStatus(await getMe(service, '', `?${name}=${token}`), 401);
    assertStatus(await getMe(service, '', `?${name}=Bearer%20${token}`), 401);
    assertStatus(await getMe(service, `Cookie: ${name}=${token}\r\n`), 401);
  }
  for (const name of [
    'X-Access-Token',
    'X-Authorization',
    'Proxy-Authorization',
    'X-Auth-Token',
    'Authorization2',
  ]) {
    assertStatus(await getMe(service, `${name}: Bearer ${token}\r\n`), 401);
  }
  const inBody = await service.api.put('/api/users/me', { access_token: token, full_name: 'Ada' });
  assertStatus(inBody, 401);
});

test('E12 a huge Authorization header is refused unread, a large one after parsing', async (t) => {
  const service = await createTestApp(t);
  assertStatus(await getMe(service, `Authorization: Bearer ${'x'.repeat(12_000)}\r\n`), 401);
  const huge = await getMe(service, `Authorization: Bearer ${'x'.repeat(20_000)}\r\n`);
  assertStatus(huge, 431);
  assert.equal(huge.body.error, 'RequestHeaderFieldsTooLargeError');
});
