import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertStatus } from '../../../test/api.ts';
import { chainedEvents } from '../../../test/audit-chain-calls.ts';
import { signedInAdmin } from '../../../test/factories.ts';
import { createTestApp, testSecret } from '../../../test/test-app.ts';
import { configVariables } from '../../configuration/config.ts';

const canaries = {
  SECRET_KEY_PREVIOUS: 'canary0 of the year before: 8c1f55d0a2 e7b64',
  ADMIN_SETUP_TOKEN: 'canary1 for the first admin: 77f2b0c9d4 a1e83',
  SMTP_USER: 'canary2',
  SMTP_PASSWORD: 'canary3',
  BACKUP_S3_ACCESS_KEY_ID: 'canary4',
  BACKUP_S3_SECRET_ACCESS_KEY: 'canary5',
  REDIS_SENTINEL_PASSWORD: 'canary6',
  OTEL_EXPORTER_OTLP_ENDPOINT: 'https://canary7:canary8@traces.example.com/v1?key=canary9',
};

/** Nobody listens there. */
const smtp = {
  SMTP_HOST: '127.0.0.1',
  SMTP_PORT: '9',
  SMTP_SECURITY: 'none',
  SMTP_FROM_EMAIL: 'adl@example.com',
};

test('a superadmin sees version, checks, ages and configuration, and no secret', async (t) => {
  const service = await createTestApp(t, { ...canaries, ...smtp });
  const { accessToken: token } = await signedInAdmin(service);
  const answer = await service.api.get('/api/admins/system', { token });
  assertStatus(answer, 200);
  assert.doesNotMatch(answer.text, /canary/);
  assert.ok(!answer.text.includes(testSecret));
  const { variables, checks, secret_key, previous_secret_key } = answer.body;
  assert.deepEqual(
    variables.map(({ name }: { name: string }) => name),
    configVariables.map(({ name }) => name),
  );
  const of = (wanted: string) => variables.find(({ name }: { name: string }) => name === wanted);
  for (const name of Object.keys(canaries)) assert.equal(of(name).is_set, true, name);
  assert.deepEqual([of('SMTP_HOST').value, of('SMTP_PASSWORD').value], ['127.0.0.1', null]);
  assert.deepEqual([of('SMTP_PASSWORD').is_secret, of('SMTP_HOST').is_secret], [true, false]);
  assert.equal(of('OTEL_EXPORTER_OTLP_ENDPOINT').value, 'https://traces.example.com/v1');
  assert.deepEqual([of('HOST').is_set, of('HOST').default], [false, '127.0.0.1']);
  const statusOf = new Map<string, string>(
    checks.map(({ check, status }: Record<string, string>) => [check, status]),
  );
  const expected = 'configuration disk database clock version secret backups tls redis smtp';
  for (const check of expected.split(' ')) assert.ok(statusOf.has(check), check);
  assert.equal(statusOf.get('version'), 'ok');
  assert.equal(statusOf.get('smtp'), 'failed');
  assert.equal(secret_key.in_use_since, null);
  assert.notEqual(previous_secret_key.id, secret_key.id);
});

test('the age of the secret is known once it has chained an event', async (t) => {
  const service = await createTestApp(t);
  const { accessToken: token } = await signedInAdmin(service);
  await chainedEvents(service, 3);
  const { body } = await service.api.get('/api/admins/system', { token });
  assert.ok(Math.abs(Date.parse(body.secret_key.in_use_since) - Date.now()) < 60_000);
  assert.equal(body.previous_secret_key, null);
});

test('an admin who is no superadmin sees nothing of it', async (t) => {
  const service = await createTestApp(t);
  const { accessToken: token } = await signedInAdmin(service, { superadmin: false });
  assertStatus(await service.api.get('/api/admins/system', { token }), 403);
});
