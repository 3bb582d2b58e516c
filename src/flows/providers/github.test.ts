import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import {
  Browser,
  begin,
  comeBack,
  failedRequest,
  failures,
  tokenOf,
} from '../../../test/providers/provider-calls.ts';
import { createTestApp } from '../../../test/test-app.ts';

type GitHub = { issuer: string; user: unknown; emails: unknown; challenge: string };

/** An installation of GitHub Enterprise, as its documentation describes it. */
async function startGitHub(t: TestContext): Promise<GitHub> {
  const state: GitHub = {
    issuer: '',
    user: { id: 583231, login: 'octocat', name: 'The Octocat' },
    emails: [
      { email: 'old@example.net', primary: false, verified: true },
      { email: 'octocat@example.net', primary: true, verified: true },
    ],
    challenge: '',
  };
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json; charset=utf-8');
    void answerOf(state, request).then((answer) =>
      response.writeHead(answer === null ? 401 : 200).end(JSON.stringify(answer)),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  state.issuer = `http://localhost:${(server.address() as AddressInfo).port}`;
  return state;
}

async function answerOf(state: GitHub, request: IncomingMessage): Promise<unknown> {
  if (request.url === '/login/oauth/access_token') {
    const form = new URLSearchParams(await text(request));
    const verifier = form.get('code_verifier') ?? '';
    const made = createHash('sha256').update(verifier).digest('base64url');
    const isGood =
      form.get('client_secret') === 'the secret' &&
      form.get('code') === 'the-code' &&
      made === state.challenge;
    return isGood
      ? { access_token: 'gho_token', token_type: 'bearer', scope: 'read:user,user:email' }
      : { error: 'bad_verification_code', error_description: 'words of the provider' };
  }
  if (request.headers.authorization !== 'Bearer gho_token') return null;
  return request.url === '/api/v3/user' ? state.user : state.emails;
}

function settingsOf({ issuer }: GitHub) {
  return {
    OIDC_PROVIDERS: 'github',
    OIDC_GITHUB_ISSUER: issuer,
    OIDC_GITHUB_CLIENT_ID: 'the-client',
    OIDC_GITHUB_CLIENT_SECRET: 'the secret',
    OIDC_GITHUB_TRUST_EMAIL: 'true',
    OIDC_ALLOW_PRIVATE: 'true',
  };
}

/** What the browser comes back with. */
async function atGitHub(state: GitHub, address: string): Promise<URL> {
  const question = new URL(address);
  assert.equal(question.pathname, '/login/oauth/authorize');
  assert.equal(question.searchParams.get('scope'), 'read:user user:email');
  state.challenge = question.searchParams.get('code_challenge') ?? '';
  const came = new URL(question.searchParams.get('redirect_uri') ?? '');
  came.searchParams.set('code', 'the-code');
  came.searchParams.set('state', question.searchParams.get('state') ?? '');
  return came;
}

test('GitHub signs in by its own API, with the primary address', async (t) => {
  const github = await startGitHub(t);
  const service = await createTestApp(t, settingsOf(github));
  const browser = new Browser();
  const came = await atGitHub(github, await begin(service, browser, {}, 'github'));
  const answer = await comeBack(service, browser, came);
  assert.equal(answer.headers.location, 'http://localhost:8000/app');
  const token = await tokenOf(service, browser);
  const { body: me } = await service.api.get('/api/users/me', { token });
  assert.deepEqual(
    [me.email, me.is_email_verified, me.username, me.full_name],
    ['octocat@example.net', true, 'octocat', 'The Octocat'],
  );
  const [identity] = await service.db.selectFrom('identities').selectAll().execute();
  assert.deepEqual([identity?.issuer, identity?.subject], [github.issuer, '583231']);
});

test('a GitHub login that changed hands is another person', async (t) => {
  const github = await startGitHub(t);
  const service = await createTestApp(t, settingsOf(github));
  const ids = [];
  for (const id of [1, 2]) {
    github.user = { id, login: 'octocat', name: null };
    github.emails = [{ email: `octocat${id}@example.net`, primary: true, verified: true }];
    const browser = new Browser();
    const came = await atGitHub(github, await begin(service, browser, {}, 'github'));
    await comeBack(service, browser, came);
    const token = await tokenOf(service, browser);
    ids.push((await service.api.get('/api/users/me', { token })).body.id);
  }
  assert.notEqual(ids[0], ids[1]);
});

test('answers of GitHub that are not as documented open nothing', async (t) => {
  const github = await startGitHub(t);
  const service = await createTestApp(t, settingsOf(github));
  const visits: [change: () => void, reason: string][] = [
    [() => (github.user = { login: 'octocat' }), 'wrong_answer'],
    [() => (github.user = { id: '1', login: 'octocat' }), 'wrong_answer'],
    [() => (github.user = 'x'), 'wrong_answer'],
    [() => (github.user = { id: 1, login: 'octocat' }), 'no_email'],
    [() => (github.challenge = 'another'), 'wrong_answer'],
  ];
  github.emails = [];
  for (const [change] of visits) {
    const browser = new Browser();
    const came = await atGitHub(github, await begin(service, browser, {}, 'github'));
    change();
    failedRequest(await comeBack(service, browser, came));
  }
  assert.deepEqual(
    await failures(service),
    visits.map(([, reason]) => reason),
  );
  assert.doesNotMatch(service.logs(), /words of the provider|gho_token/);
});
