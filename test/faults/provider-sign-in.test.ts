import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
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

describe('sign-in by a provider over two processes', { skip: withoutPostgres }, () => {
  test('Q01 begun at one, back at the other, exchanged at either: once', async (t) => {
    const idp = await startTestProvider();
    t.after(() => idp.close());
    const publicUrl = 'http://localhost:8000';
    const settings = { ...withProvider(idp), PUBLIC_URL: publicUrl };
    const service = await startDatabaseService(t, settings, undefined, patient);
    const env = { ...service.server.env, PORT: String(await findFreePort()) };
    const second = await startUnlimited(t, env, patient);
    const [one, other] = [{ api: apiOf(service.server) }, { api: apiOf(second) }];

    idp.person = somebody();
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
});
