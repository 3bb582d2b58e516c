import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { Answer } from '../answer.ts';
import { type Api, withMethods } from '../api.ts';
import { findFreePort } from '../free-port.ts';
import { somebody } from '../providers/own-provider.ts';
import {
  Browser,
  begin,
  codeVerifier,
  comeBack,
  visit,
  withProvider,
} from '../providers/provider-calls.ts';
import { startTestProvider } from '../providers/test-provider.ts';
import { startDatabaseService, startUnlimited, withoutPostgres } from './postgres-backed.ts';
import type { ServerProcess } from './server-process.ts';

const patient = { readyTimeoutMs: 120_000 };

function apiOf(server: ServerProcess): Api {
  return withMethods(async (method, path, body, { headers, token } = {}) => {
    const sent = await server.request<Answer['body']>(method, path, {
      body,
      ...(token === undefined ? {} : { token }),
      ...(headers === undefined ? {} : { headers }),
      timeoutMs: 60_000,
    });
    return { ...sent, headers: sent.headers as Answer['headers'], text: '' };
  });
}

/** Two processes on one PostgreSQL, and a provider. */
async function startTwo(t: TestContext) {
  const idp = await startTestProvider();
  t.after(() => idp.close());
  const settings = { ...withProvider(idp), PUBLIC_URL: 'http://localhost:8000' };
  const service = await startDatabaseService(t, settings, undefined, patient);
  const env = { ...service.server.env, PORT: String(await findFreePort()) };
  const second = await startUnlimited(t, env, patient);
  idp.person = somebody();
  return { service, second, one: { api: apiOf(service.server) }, other: { api: apiOf(second) } };
}

describe('sign-in by a provider over two processes', { skip: withoutPostgres }, () => {
  test('Q01 begun at one, back at the other, exchanged at either: once', async (t) => {
    const { service, second, one, other } = await startTwo(t);
    for (let count = 0; count < 5; count += 1) {
      const browser = new Browser();
      const { verifier, challenge } = codeVerifier();
      const query = { mode: 'code', code_challenge: challenge };
      const came = await visit(await begin(one, browser, query));
      const answers = await Promise.all(
        Array.from({ length: 6 }, (_, index) =>
          comeBack(index % 2 === 0 ? other : one, browser, came),
        ),
      );
      const codes = answers.flatMap(({ headers }) => {
        const code = new URL(String(headers.location)).searchParams.get('code');
        return code === null ? [] : [code];
      });
      assert.equal(codes.length, 1);
      const body = { code: codes[0], code_verifier: verifier };
      const exchanges = await Promise.all(
        Array.from({ length: 6 }, (_, index) =>
          (index % 2 === 0 ? one : other).api.post('/api/users/login/exchange', body),
        ),
      );
      const statuses = exchanges.map(({ status }) => status).toSorted();
      assert.deepEqual(statuses, [200, 401, 401, 401, 401, 401]);
    }
    const [row] = await service.query(
      'SELECT (SELECT count(*)::int FROM users) AS users, (SELECT count(*)::int FROM identities) AS identities, ' +
        '(SELECT count(*)::int FROM sessions) AS sessions, (SELECT count(*)::int FROM provider_attempts) AS attempts',
    );
    assert.deepEqual(row, { users: 1, identities: 1, sessions: 5, attempts: 0 });
    assert.doesNotMatch(service.server.logs() + second.logs(), /"level":"error"/);
  });

  test('Q04 ten answers for one newcomer at once over both make one account', async (t) => {
    const { service, second, one, other } = await startTwo(t);
    const came = await Promise.all(
      Array.from({ length: 10 }, async () => {
        const browser = new Browser();
        return { browser, address: await visit(await begin(one, browser, {})) };
      }),
    );
    const answers = await Promise.all(
      came.map(({ browser, address }, index) =>
        comeBack(index % 2 === 0 ? other : one, browser, address),
      ),
    );
    for (const { headers } of answers)
      assert.doesNotMatch(String(headers.location), /sign-in-failed/);
    const [row] = await service.query(
      'SELECT (SELECT count(*)::int FROM users) AS users, (SELECT count(*)::int FROM identities) AS identities, ' +
        '(SELECT count(*)::int FROM sessions) AS sessions',
    );
    assert.deepEqual(row, { users: 1, identities: 1, sessions: 10 });
    assert.doesNotMatch(service.server.logs() + second.logs(), /"level":"error"/);
  });
});
