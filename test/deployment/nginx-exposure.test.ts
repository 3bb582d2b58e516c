import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertStatus } from '../api.ts';
import { requestText } from '../raw-http.ts';
import { ask, exchangeWith } from './client.ts';
import { shareDeployment, withoutServers } from './deployment.ts';
import { publicHost, startNginx } from './nginx.ts';

describe('what nginx shows to everybody', { skip: withoutServers }, () => {
  const deployment = shareDeployment();

  test('M07 metrics and readiness are 404 in any spelling; a replica itself answers', async () => {
    const { nginx, replicas } = deployment.current;
    const spellings = (path: string) => [
      path,
      `${path}/`,
      `${path}//`,
      `/${path}`,
      `${path}?a=b`,
      `/.${path}`,
      `/x/..${path}`,
      `/docs/%2e%2e${path}`,
      path.replace('t', '%74').replace('r', '%72'),
      `http://${publicHost}${path}`,
    ];
    for (const path of [...spellings('/metrics'), ...spellings('/health/ready')]) {
      const text = requestText('GET', path, { Host: publicHost });
      const { answers } = await exchangeWith(nginx, text, { answers: 1 });
      assert.equal(answers[0]?.status, 404, path);
      assert.doesNotMatch(answers[0]?.text ?? '', /adl_|"status":"ready"/, path);
    }
    const [replica] = replicas;
    assert.equal((await replica?.request('GET', '/metrics'))?.status, 200);
    assert.equal((await replica?.request('GET', '/health/ready'))?.status, 200);
  });

  test('M08 the documentation comes from here alone, and can be switched off', async (t) => {
    const { nginx, startReplica } = deployment.current;
    for (const path of ['/docs/', '/redoc', '/openapi.json']) {
      const answer = await ask(nginx, 'GET', path);
      assertStatus(answer, 200);
      assert.doesNotMatch(answer.text, /(src|href)="(https?:)?\/\//);
      assert.doesNotMatch(answer.text, /\/metrics|mailbox/);
    }
    const without = await startReplica({ DOCS_ENABLED: 'false' });
    const other = await startNginx(t, [without.port]);
    for (const path of [
      '/docs',
      '/docs/',
      '/redoc',
      '/openapi.json',
      '/docs/static/reference.css',
    ]) {
      assertStatus(await ask(other, 'GET', path), 404);
    }
  });

  test('M09 no file, no default account and no debug endpoint answers through nginx', async () => {
    const { nginx } = deployment.current;
    for (const path of [
      '/.env',
      '/.git/config',
      '/package.json',
      '/src/main.ts',
      '/app/../package.json',
      '/docs/static/reference.js.map',
      '/app/mailbox',
      '/debug',
      '/debug/pprof',
      '/server-status',
      '/nginx_status',
      '/nginx-error',
      '/phpinfo.php',
    ]) {
      const answer = await ask(nginx, 'GET', path, { from: '127.0.9.1' });
      assert.ok([403, 404].includes(answer.status), `${path}: ${answer.status}`);
    }
    const guesses = ['admin', 'adl', 'root', 'superadmin', 'administrator'];
    for (const [index, username] of guesses.entries()) {
      const from = {
        from: `127.0.9.${index + 2}`,
        body: { username, password: username.padEnd(12, '1') },
      };
      assertStatus(await ask(nginx, 'POST', '/api/admins/login', from), 401);
    }
    const first = {
      username: 'first.admin',
      email: 'a@example.com',
      password: 'granite lantern 48',
    };
    for (const headers of [{}, { 'X-Setup-Token': 'a'.repeat(32) }] as Record<string, string>[]) {
      const answer = await ask(nginx, 'POST', '/api/admins/register', { body: first, headers });
      assert.ok([401, 403].includes(answer.status), answer.text);
    }
  });

  test('M07 without its database /health is a 503 that names no host and no cause', async () => {
    const { nginx, stopDatabase } = deployment.current;
    assertStatus(await ask(nginx, 'GET', '/health'), 200);
    await stopDatabase();
    const answer = await ask(nginx, 'GET', '/health');
    assertStatus(answer, 503);
    assert.deepEqual(answer.body.database, { connected: false, error: 'unreachable' });
    assert.doesNotMatch(answer.text, /127\.0\.0\.1|postgres|service|ECONN/i);
    assertStatus(await ask(nginx, 'GET', '/health/live'), 200);
  });
});
