import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { realms, userRealm } from '../../src/domain/realms/realms.ts';
import { createSmtpTransport } from '../../src/platform/smtp/smtp-transport.ts';
import { assertStatus } from '../api.ts';
import { describedOperations } from '../attacks/described-fields.ts';
import {
  newRegistration,
  type SignedIn,
  adminByRequest as signedInAdmin,
  registeredUser as signedInUser,
} from '../factories.ts';
import { forgot, reset, resetToken } from '../reset-calls.ts';
import { startWithoutDatabase } from '../second-app.ts';
import { assertRefused, refresh, refreshed } from '../session-calls.ts';
import { startSmtpSink } from '../smtp-sink.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

const setupToken = 'b3BlbnMgdGhlIGRvb3Igb25jZSwgYW5kIG5ldmVyIGFnYWlu';
const smtpPassword = 'smtp-password-of-the-tests-5c1f';

/** Everything that must not be logged, by what it is. */
type Secrets = Map<string, string>;

const unique = (what: string) => `${what}${randomBytes(6).toString('hex')}`;

for (const format of ['json', 'pretty']) {
  test(`M01 all flows at debug level, ${format}: no secret in the log or the metrics`, async (t) => {
    const overrides = { LOG_LEVEL: 'debug', LOG_FORMAT: format, ADMIN_SETUP_TOKEN: setupToken };
    const service = await createTestApp(t, overrides);
    const secrets: Secrets = new Map([
      ['the set-up token', setupToken],
      ['SECRET_KEY', service.config.secretKey ?? ''],
      ['SMTP_PASSWORD', smtpPassword],
    ]);
    const user = await walkAllFlows(service, secrets);
    await callEveryOperation(service, secrets);
    await failToMail(t, service, secrets);
    await addStored(service, secrets);
    addTokens(secrets, user);
    const away = await startWithoutDatabase(t, service);
    const { username, password } = user;
    assertStatus(await away.api.post('/api/users/login', { username, password }), 503);

    const metrics = await service.api.get('/metrics');
    assertStatus(metrics, 200);
    const logs = service.logs() + away.logs();
    assert.match(logs, /SQL \(\d+\.\d ms\): insert into \\?"users/, 'the log has LOG_LEVEL=debug');
    assert.ok(secrets.size > 150, `${secrets.size} secrets`);
    for (const [what, secret] of secrets) {
      for (const spelling of spellingsOf(secret)) {
        assert.ok(!logs.includes(spelling), `${what} is in the log: ${lineWith(logs, spelling)}`);
        assert.ok(!metrics.text.includes(spelling), `${what} is in the metrics`);
      }
    }
    // By their form, for cases not listed: hashes, JWTs, mail addresses, header keys, queries.
    assert.doesNotMatch(logs, /\$2[aby]\$|\$argon2|eyJ[\w-]{10}|Bearer|@example|@canary|[?&]\w+=/);
  });
}

/** The whole life of an account; keeps the secrets of each step. */
async function walkAllFlows(service: TestApp, secrets: Secrets): Promise<SignedIn> {
  const { api, mailbox } = service;
  const first = {
    ...newRegistration({ username: unique('first.admin.') }),
    full_name: unique('Rear Admiral '),
  };
  keep(secrets, 'first admin', first);
  const setup = (token: string) =>
    api.post('/api/admins/register', first, { headers: { 'x-setup-token': token } });
  const guess = `${unique('a set-up token that is none ')}, long enough`;
  keep(secrets, 'guess', { guess });
  assertStatus(await setup(guess), 403);
  assertStatus(await setup(setupToken), 201);

  const wanted = { username: unique('flow.user.'), email: `${unique('flow')}@example.com` };
  const user = await signedInUser(service, {
    ...wanted,
    password: unique('first password '),
    fullName: unique('Ada '),
  });
  keep(secrets, 'user', { ...wanted, password: user.password });
  addTokens(secrets, user);
  const wrong = { username: unique('typed.name.'), password: unique('typed password ') };
  keep(secrets, 'typed', wrong);
  assertStatus(await api.post('/api/users/login', wrong), 401);
  assertStatus(await api.post('/api/users/login', { ...wrong, username: user.email }), 401);
  assertStatus(
    await api.post('/api/users/register', { ...user, email: `${unique('x')}@example.com` }),
    409,
  );
  secrets.set('verification', await mailbox.token('email_verification', user.email));
  assertStatus(
    await api.post('/api/users/verify-email', { token: secrets.get('verification') }),
    200,
  );

  const key = unique('idempotency-key-');
  const renewed = await refreshed(api, userRealm, user.refreshToken, key);
  const last = await refreshed(api, userRealm, renewed.refreshToken);
  assertRefused(await refresh(api, userRealm, user.refreshToken), 'refresh_token_reused');
  keep(secrets, 'refresh', {
    key,
    one: renewed.refreshToken,
    two: last.refreshToken,
    access: last.accessToken,
  });

  const next = unique('second password ');
  secrets.set('reset token', await resetToken(service, user.email));
  assertStatus(await reset(api, secrets.get('reset token'), next), 200);
  const unknown = {
    token: randomBytes(48).toString('base64url'),
    email: `${unique('nobody')}@example.com`,
  };
  keep(secrets, 'unknown', { ...unknown, next });
  assertStatus(await reset(api, unknown.token, next), 400);
  assertStatus(await forgot(api, unknown.email), 200);

  const again = await api.post('/api/users/login', { email: user.email, password: next });
  const token: string = again.body.access_token;
  const third = unique('third password ');
  const change = { current_password: next, new_password: third };
  assertStatus(await api.post('/api/users/change-password', change, { token }), 200);
  const moved = {
    email: `${unique('moved')}@example.com`,
    username: unique('moved.user.'),
    full_name: unique('Grace '),
  };
  assertStatus(
    await api.put('/api/users/me', { ...moved, current_password: third }, { token }),
    200,
  );
  secrets.set('undo token', await mailbox.token('email_changed', user.email));
  assertStatus(await api.post('/api/users/undo', { token: secrets.get('undo token') }), 200);
  keep(secrets, 'later', { token, refresh: again.body.refresh_token, third, ...moved });
  const { username } = await signedInUser(service, { password: third });
  return { ...user, username, password: third };
}

/**
 * Every operation in the OpenAPI document, with a unique secret in every string of its body, query
 * and headers.
 */
async function callEveryOperation(service: TestApp, secrets: Secrets): Promise<void> {
  const tokens = [await signedInUser(service), await signedInAdmin(service)].map(
    (one) => one.accessToken,
  );
  for (const { method, path, operation } of await describedOperations(service.api)) {
    const label = `${method} ${path}`;
    const schema = operation.requestBody?.content['application/json'].schema.properties ?? {};
    const body = Object.fromEntries(Object.keys(schema).map((name) => [name, canary(name)]));
    const parameters = (operation.parameters ?? []).filter((parameter) => parameter.in === 'query');
    const query = Object.fromEntries(
      parameters.map(({ name }) => [name, unique(`query-${name}-`)]),
    );
    const names = ['cookie', 'idempotency-key', 'x-setup-token', 'proxy-authorization', 'referer'];
    const headers = Object.fromEntries(names.map((name) => [name, unique('header-canary-')]));
    keep(secrets, label, { ...body, ...query, ...headers });
    const target = `${path.replaceAll(/\{\w+\}/g, '01890a5d-ac96-774b-bcce-b302099a8057')}?${new URLSearchParams(query)}`;
    const sent = method === 'GET' || method === 'DELETE' ? undefined : body;
    // Without a token, with an invalid one, and with a valid one of either realm.
    for (const token of [undefined, unique('bearer-canary-'), ...tokens]) {
      if (token !== undefined) secrets.set(`${label} ${token.slice(-20)}`, token);
      await service.api.request(method, target, sent, {
        headers,
        ...(token === undefined ? {} : { token }),
      });
    }
  }
}

function canary(name: string): string {
  if (/email/.test(name)) return `${unique('c')}@canary.example`;
  return unique(/name/.test(name) ? 'canary.' : 'canary of a secret ');
}

/** A mail server that echoes its input, and one without TLS, to which no password may be sent. */
async function failToMail(t: TestContext, service: TestApp, secrets: Secrets): Promise<void> {
  const echo = (address: string) => ({ code: 451, text: `no ${address}, try later` });
  const sink = await startSmtpSink(t, { script: { recipient: echo } });
  const sender = {
    host: '127.0.0.1',
    port: sink.port,
    fromEmail: 'adl@service.test',
    fromName: 'ADL',
  };
  const credentials = { user: unique('smtp-user-'), password: smtpPassword };
  keep(secrets, 'smtp', credentials);
  for (const settings of [
    { ...sender, security: 'none' as const },
    { ...sender, ...credentials, security: 'starttls' as const },
  ]) {
    const person = newRegistration({ username: unique('mailed.') });
    keep(secrets, 'mailed', person);
    assertStatus(await service.api.post('/api/users/register', person), 201);
    await service.mailbox.deliver(createSmtpTransport(settings));
  }
  assert.match(service.logs(), /Mail not sent yet/);
}

/** All hashes and keys at rest. */
async function addStored({ db, keys }: TestApp, secrets: Secrets): Promise<void> {
  for (const { table } of realms) {
    const rows = await db.selectFrom(table).select(['id', 'password_hash']).execute();
    for (const { id, password_hash } of rows) secrets.set(`hash of ${id}`, String(password_hash));
  }
  const binary: Buffer[] = [
    keys.current.jwt,
    keys.current.link,
    keys.current.refreshTag,
    keys.current.throttle,
  ];
  const sessions = await db
    .selectFrom('sessions')
    .select(['current_hash', 'previous_hash'])
    .execute();
  binary.push(...sessions.flatMap((row) => [row.current_hash, row.previous_hash ?? []].flat()));
  const links = await db.selectFrom('links').select('token_hash').execute();
  binary.push(...links.map((row) => row.token_hash));
  for (const bytes of binary) {
    for (const encoding of ['hex', 'base64', 'base64url'] as const) {
      const text = Buffer.from(bytes).toString(encoding);
      secrets.set(text, text);
    }
  }
}

function addTokens(secrets: Secrets, { id, accessToken, refreshToken }: SignedIn): void {
  keep(secrets, `tokens of ${id}`, { accessToken, refreshToken });
}

function keep(secrets: Secrets, whose: string, values: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(values)) {
    if (typeof value === 'string' && value.length >= 6)
      secrets.set(`${whose}: ${name} ${value.slice(-12)}`, value);
  }
}

/** Plain, URL-encoded, base64 and hex; for a token also each of its parts, and its bytes in hex. */
function spellingsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const spellings = [secret, encodeURIComponent(secret), secret.toLowerCase()];
  spellings.push(
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
    bytes.toString('hex'),
  );
  if (/^[\w-]+(\.[\w-]+)*$/.test(secret) && secret.length > 60) {
    const parts = secret.split('.').filter((part) => part.length >= 20);
    // The header of an access token is the same for all.
    spellings.push(...parts.slice(secret.startsWith('eyJ') ? 1 : 0));
    const body = Buffer.from(parts.at(-1) ?? '', 'base64url');
    // A token begins with the id of its row, which may be logged; the secret follows.
    spellings.push(body.subarray(20).toString('hex'), body.subarray(21).toString('base64url'));
  }
  return [...new Set(spellings)];
}

function lineWith(logs: string, text: string): string {
  return logs.split('\n').find((line) => line.includes(text)) ?? '';
}
