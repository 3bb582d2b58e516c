import assert from 'node:assert/strict';
import { createHmac, createPublicKey, randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { adl } from '../adl.ts';
import { credentialsOf, newRegistration } from '../factories.ts';
import { type ServerProcess, startServer } from '../faults/server-process.ts';
import { readToken } from '../forged-token.ts';
import { languages, startVerifier, type Verifier } from './verifiers.ts';

/** Others may use the machine. */
const patient = { readyTimeoutMs: 120_000 };

type Tokens = { access_token: string; refresh_token: string };

async function signedIn(server: ServerProcess): Promise<Tokens> {
  const body = newRegistration();
  assert.equal((await server.request('POST', '/api/users/register', { body })).status, 201);
  const login = credentialsOf(body);
  return (await server.request<Tokens>('POST', '/api/users/login', { body: login })).body;
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** What nobody may take for a good token, each by what is wrong with it. */
async function badTokens(server: ServerProcess, { access_token: good, refresh_token }: Tokens) {
  const [header = '', claims = '', signature = ''] = good.split('.');
  const { header: head, claims: body } = readToken(good);
  const jwks = await server.request<{
    keys: { kid: string; kty: string; crv: string; x: string }[];
  }>('GET', '/.well-known/jwks.json');
  const key = jwks.body.keys.find(({ kid }) => kid === head.kid);
  assert.ok(key);
  const pem = createPublicKey({ key, format: 'jwk' }).export({ format: 'pem', type: 'spki' });
  const keyed = (secret: string | Buffer) => {
    const text = `${part({ ...head, alg: 'HS256' })}.${claims}`;
    return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
  };
  const changed = part({ ...body, sub: randomUUID() });
  return {
    'other claims': `${header}.${changed}.${signature}`,
    'no signature': `${header}.${claims}.`,
    'alg none': `${part({ ...head, alg: 'none' })}.${claims}.`,
    'the public key as a secret': keyed(Buffer.from(key.x, 'base64url')),
    'the public key in PEM as a secret': keyed(pem),
    'another type': `${part({ ...head, typ: 'JWT' })}.${claims}.${signature}`,
    'an unknown key': `${part({ ...head, kid: 'unknown' })}.${claims}.${signature}`,
    'a refresh token': refresh_token,
    'no token': 'x',
  };
}

async function refusalOf(verifier: Verifier, token: string): Promise<string> {
  const answer = await verifier.ask(token);
  return typeof answer === 'string' ? answer : 'taken';
}

for (const language of languages) {
  test(`${language.name}: the program of the document takes good tokens and no others`, {
    skip: language.missing,
    timeout: 600_000,
  }, async (t) => {
    const command = language.build();
    const server = await startServer(t, patient);
    const issuer = `http://localhost:${server.port}`;
    const verifier = startVerifier(t, command, issuer);
    const first = await signedIn(server);
    assert.deepEqual(await verifier.ask(first.access_token), readToken(first.access_token).claims);
    for (const [fault, token] of Object.entries(await badTokens(server, first)))
      assert.match(await refusalOf(verifier, token), /^refused: ./, fault);

    const copy = await startServer(t, {
      ...patient,
      env: { ACCESS_TOKEN_AUDIENCE: 'another-api' },
    });
    for (const token of [(await signedIn(copy)).access_token])
      assert.match(await refusalOf(verifier, token), /^refused: ./, 'of another deployment');

    // The next key is known already: the program goes on without a new one.
    assert.equal((await adl(server.env, 'keys', 'rotate', '--revoke')).code, 0);
    const second = await signedIn(server);
    assert.notEqual(
      readToken(second.access_token).header.kid,
      readToken(first.access_token).header.kid,
    );
    assert.deepEqual(
      await verifier.ask(second.access_token),
      readToken(second.access_token).claims,
    );
    const me = await server.request('GET', '/api/users/me', { token: first.access_token });
    assert.equal(me.status, 401);
  });
}

test('an audience of its own keeps one application from taking the tokens of another', async (t) => {
  const [language] = languages;
  assert.ok(language);
  const server = await startServer(t, {
    ...patient,
    env: { ACCESS_TOKEN_AUDIENCE: 'another-api' },
  });
  const verifier = startVerifier(t, language.build(), `http://localhost:${server.port}`);
  assert.match(await refusalOf(verifier, (await signedIn(server)).access_token), /^refused: .*aud/);
});
