import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { Validator } from '@seriousme/openapi-schema-validator';
import { createTestApp } from '../test-app.ts';
import { described, overrides, responseOf } from './described-api.ts';

const root = join(import.meta.dirname, '../..');

test('every route is in the document, and nothing else', async (t) => {
  const { document, operations } = await described(t);
  assert.match(document.openapi, /^3\.1\./);
  const inDocument = Object.values(document.paths).flatMap((methods) => Object.keys(methods));
  assert.equal(inDocument.length, operations.length);
});

test('operations have a summary, a tag, a unique id and described answers', async (t) => {
  const { document, operations } = await described(t);
  const tags = document.tags.map(({ name }) => name);
  for (const { name, operation } of operations) {
    assert.match(operation.summary ?? '', /^[A-Z].{4,80}[^.]$/, name);
    assert.equal(operation.tags?.length, 1, name);
    assert.ok(tags.includes(operation.tags?.[0] ?? ''), name);
    assert.ok(
      Object.keys(operation.responses).some((status) => /^[23]/.test(status)),
      name,
    );
    for (const status of Object.keys(operation.responses)) {
      assert.doesNotMatch(
        responseOf(document, operation, status)?.description ?? '',
        /^(Default Response)?$/,
        `${name} ${status}`,
      );
    }
  }
  assert.equal(
    new Set(operations.map(({ operation }) => operation.operationId)).size,
    operations.length,
  );
  assert.deepEqual(
    tags.filter((tag) => !operations.some(({ operation }) => operation.tags?.includes(tag))),
    [],
  );
});

test('guarded routes declare the token of their realm; public routes declare none', async (t) => {
  const { operations } = await described(t);
  for (const { name, guard, operation } of operations) {
    const schemes: Record<string, string> = { user: 'userToken', service: 'serviceToken' };
    const scheme = schemes[guard] ?? 'adminToken';
    const needsToken =
      operation.security.length > 0 && operation.security.every((one) => scheme in one);
    assert.equal(needsToken, guard !== 'anyone', name);
  }
});

test('operations list the errors of their body, token, parameters and database use', async (t) => {
  const { document, operations } = await described(t);
  for (const { name, url, guard, operation } of operations) {
    // Whatever fails there leads to a page.
    const isPage = url.endsWith('/callback');
    const expected = [
      ...(operation.requestBody && !isPage ? ['413', '415', '422'] : []),
      ...(operation.parameters && !isPage ? ['422'] : []),
      ...(guard === 'anyone' ? [] : ['401', '403']),
      ...(url.startsWith('/api') ? ['429', '503'] : []),
      '500',
    ];
    for (const status of expected) {
      const { schema, example } =
        responseOf(document, operation, status)?.content?.['application/json'] ?? {};
      assert.equal(schema?.$ref, '#/components/schemas/Error', `${name} ${status}`);
      assert.equal(
        (example as { status_code?: unknown }).status_code,
        Number(status),
        `${name} ${status}`,
      );
    }
  }
});

test('every body has an example, as a whole or by field', async (t) => {
  const { operations } = await described(t);
  let bodies = 0;
  for (const { name, operation } of operations) {
    for (const { content } of operation.requestBody ? [operation.requestBody] : []) {
      bodies += 1;
      const { schema, example } = content['application/json'] ?? { schema: {} };
      const whole = example ?? schema.example;
      for (const [field, { example: own }] of Object.entries(schema.properties ?? {})) {
        assert.ok(whole !== undefined || own !== undefined, `${name}: ${field}`);
      }
      assert.ok(whole !== undefined || Object.keys(schema.properties ?? {}).length > 0, name);
    }
  }
  assert.ok(bodies >= 10);
});

test('the service accepts the examples of bodies', async (t) => {
  const { api } = await createTestApp(t, overrides);
  const { operations } = await described(t);
  for (const { name, url, guard, operation } of operations) {
    if (guard !== 'anyone' || !operation.requestBody) continue;
    const { schema, example } = operation.requestBody.content['application/json'] ?? { schema: {} };
    const fields = Object.entries(schema.properties ?? {}).map(([field, own]) => [
      field,
      own.example,
    ]);
    const answer = await api.post(url, example ?? schema.example ?? Object.fromEntries(fields));
    assert.notEqual(answer.status, 422, `${name}: ${answer.text}`);
  }
});

test('every schema in components is used', async (t) => {
  const { document } = await described(t);
  const text = JSON.stringify(document);
  for (const name of Object.keys(document.components.schemas)) {
    assert.ok(text.includes(`"#/components/schemas/${name}"`), name);
  }
});

test('it is a valid OpenAPI document by the official schema', async (t) => {
  const { document } = await described(t);
  const validator = new Validator();
  const { valid, errors } = await validator.validate(document);
  assert.equal(valid, true, JSON.stringify(errors));
  assert.equal(validator.version, '3.1');
});

test('it has no errors and no warnings under the rules of redocly.yaml', async (t) => {
  const { document } = await described(t);
  const directory = mkdtempSync(join(tmpdir(), 'adl-openapi-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, 'openapi.json');
  writeFileSync(file, JSON.stringify(document));
  const lint = [join(root, 'node_modules/@redocly/cli/bin/cli.js'), 'lint', file];
  const options = ['--config', join(root, 'redocly.yaml'), '--format', 'json'];
  const env = { ...process.env, REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  const { stdout } = await promisify(execFile)(process.execPath, [...lint, ...options], {
    env,
  }).catch((failed: { stdout: string }) => failed);
  const { problems, totals } = JSON.parse(stdout);
  assert.deepEqual(
    problems.map(({ ruleId, location }: Record<string, unknown>) => ({ ruleId, location })),
    [],
  );
  assert.deepEqual([totals.errors, totals.warnings, totals.ignored], [0, 0, 0]);
});
