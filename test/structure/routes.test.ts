import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { listRoutes } from '../../src/process/route-list.ts';
import { assertStatus } from '../api.ts';
import { signedInAdmin, signedInUser } from '../factories.ts';
import { createTestApp } from '../test-app.ts';

const root = join(import.meta.dirname, '../..');

type Route = { method: string; url: string; guard: string };

async function routes(): Promise<Route[]> {
  const lines = (await listRoutes()).trimEnd().split('\n');
  return lines.map((line) => {
    const [method = '', url = '', ...guard] = line.split(/ +/);
    return { method, url, guard: guard.join(' ') };
  });
}

test('every route declares who may call it', async () => {
  const all = await routes();
  assert.ok(all.length > 30);
  for (const { method, url, guard } of all) {
    assert.match(guard, /^(anyone|user|admin|superadmin|service)$/, `${method} ${url}`);
  }
});

test('every route has a schema for its input and its output', async (t) => {
  const { app } = await createTestApp(t);
  const paths = app.swagger().paths as Record<string, Record<string, { responses: object }>>;
  for (const { method, url } of await routes()) {
    // Pages, their assets, the metrics and what adl doctor asks are not part of the API.
    if (/^\/(openapi\.json|docs|redoc|metrics|app|health\/arrival)\b/.test(url)) continue;
    const operation = paths[url.replaceAll(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()];
    assert.ok(operation, `${method} ${url} has no schema`);
    for (const [status, response] of Object.entries(operation.responses)) {
      if (!/^(204|3\d\d)$/.test(status))
        assert.ok('content' in response || '$ref' in response, `${method} ${url} ${status}`);
    }
  }
});

test("guards: no token is 401, another realm's token or a missing role is 403", async (t) => {
  const test = await createTestApp(t);
  const user = await signedInUser(test);
  const admin = await signedInAdmin(test, { superadmin: false });
  const refused: Record<string, string[]> = {
    user: [admin.accessToken],
    admin: [user.accessToken],
    superadmin: [user.accessToken, admin.accessToken],
    // An access token is no service token, nor one of a service without the scope.
    service: [],
  };
  for (const { method, url, guard } of await routes()) {
    if (guard === 'anyone') continue;
    const path = url.replaceAll(/:\w+/g, user.id);
    const body = ['POST', 'PUT', 'PATCH'].includes(method) ? {} : undefined;
    assertStatus(await test.api.request(method, path, body), 401);
    for (const token of refused[guard] ?? []) {
      assertStatus(await test.api.request(method, path, body, { token }), 403);
    }
  }
});

/** Guarded routes that answer a request once only by other means, each with the reason. */
const withoutKey: Record<string, string> = {};

test('every guarded POST, PUT and PATCH takes an Idempotency-Key, or issues a secret', async (t) => {
  const test = await createTestApp(t);
  const [user, admin] = [await signedInUser(test), await signedInAdmin(test)];
  const headers = { 'idempotency-key': 'too short' };
  const changing = (await routes()).filter(
    ({ method, guard }) =>
      !['anyone', 'service'].includes(guard) && ['POST', 'PUT', 'PATCH'].includes(method),
  );
  assert.ok(changing.length > 10);
  for (const { method, url, guard } of changing) {
    if (withoutKey[`${method} ${url}`] !== undefined) continue;
    const token = (guard === 'user' ? user : admin).accessToken;
    const answer = await test.api.request(
      method,
      url.replaceAll(/:\w+/g, user.id),
      {},
      { token, headers },
    );
    assertStatus(answer, 422);
    assert.equal(answer.body.details.errors[0].field, 'idempotency-key', `${method} ${url}`);
  }
});

/**
 * Method and path of a call in a test: `api.get('/x')`, `request('GET', '/x')`, `post(test, '/x')`.
 */
const call =
  /\b(GET|POST|PUT|PATCH|DELETE)\b['`"]?[^;'`"]{0,40}?['`"]((?:\/|\$\{)[^'`"\s]*)['`"]/gi;

test('every route is called by a test', async () => {
  const calls = new Set<string>();
  for (const file of globSync('{src,test}/**/*.test.ts', { cwd: root })) {
    if (file.endsWith('structure/routes.test.ts')) continue;
    for (const [, method = '', target = ''] of readFileSync(join(root, file), 'utf8').matchAll(
      call,
    )) {
      for (const path of pathsOf(target)) calls.add(`${method.toUpperCase()} ${path}`);
    }
  }
  const untested = (await routes())
    .filter(({ method, url }) => ![...calls].some((one) => matches(`${method} ${url}`, one)))
    .map(({ method, url }) => `${method} ${url}`);
  assert.deepEqual(untested, []);
});

/** Without its query; a template that begins with a realm's path counts for both realms. */
function pathsOf(target: string): string[] {
  const path = target.split('?')[0] ?? '';
  const [realmPath = ''] = /^\$\{[^}]*path\}/.exec(path) ?? [];
  if (realmPath === '') return [path];
  return ['/api/users', '/api/admins'].map((prefix) => prefix + path.slice(realmPath.length));
}

/** A parameter matches any non-empty segment; all else is literal. */
function matches(route: string, called: string): boolean {
  const [pattern, parts] = [route.split('/'), called.split('/')];
  return (
    pattern.length === parts.length &&
    pattern.every((part, index) =>
      part.startsWith(':') ? parts[index] !== '' : part === parts[index],
    )
  );
}
