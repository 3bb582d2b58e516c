import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Answer } from '../answer.ts';
import type { Api } from '../api.ts';
import { signedInAdmin, signedInUser } from '../factories.ts';
import { makeServiceTokens } from '../service-tokens.ts';
import { createTestApp, type TestApp } from '../test-app.ts';

type JsonType = 'string' | 'integer' | 'number' | 'boolean' | 'null' | 'array' | 'object';
export type Schema = {
  $ref?: string;
  type?: JsonType | JsonType[];
  anyOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  maxItems?: number;
  example?: unknown;
  examples?: unknown[];
  enum?: string[];
  const?: unknown;
  default?: unknown;
  format?: string;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
};
export type Parameter = {
  name: string;
  in: 'query' | 'path' | 'header';
  required?: boolean;
  schema: Schema;
};
type Operation = {
  security: Record<string, unknown>[];
  parameters?: Parameter[];
  requestBody?: { content: { 'application/json': { schema: Schema } } };
  responses: Record<string, { content?: Record<string, { schema: object }> } | { $ref: string }>;
};
export type DescribedOperation = { method: string; path: string; operation: Operation };

/** A value that an endpoint accepts, as described by the OpenAPI document. */
export type Field = {
  /** For messages: `POST /api/users/register email`. */
  label: string;
  method: string;
  path: string;
  place: 'body' | 'query' | 'path';
  name: string;
  types: readonly JsonType[];
  /** A valid value of the field. */
  plain: unknown;
};

export async function describedOperations(api: Api): Promise<DescribedOperation[]> {
  const { body } = await api.get('/openapi.json');
  const paths = Object.entries(body.paths as Record<string, Record<string, Operation>>);
  return paths.flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      operation,
    })),
  );
}

/**
 * Every field of every body, query and path. Headers are left out: HTTP allows no NUL in them and
 * has no types.
 */
export async function describedFields(api: Api): Promise<Field[]> {
  const operations = await describedOperations(api);
  const { body: document } = await api.get('/openapi.json');
  const named = document.components.schemas as Record<string, Schema>;
  const resolved = ({ $ref, ...schema }: Schema): Schema =>
    $ref === undefined ? schema : (named[$ref.split('/').at(-1) ?? ''] ?? {});
  return operations.flatMap(({ method, path, operation }) => {
    // Whatever is wrong with a provider's answer leads to a page: provider-callback.test.ts.
    if (path.endsWith('/callback')) return [];
    const field = (place: Field['place'], name: string, schema: Schema): Field => ({
      label: `${method} ${path} ${name}`,
      method,
      path,
      place,
      name,
      types: (schema.anyOf ?? [schema]).flatMap((one) => resolved(one).type ?? []),
      plain: plainValue(schema, resolved),
    });
    const body = operation.requestBody?.content['application/json'].schema.properties ?? {};
    return [
      ...Object.entries(body).map(([name, schema]) => field('body', name, schema)),
      ...(operation.parameters ?? []).flatMap((parameter) =>
        parameter.in === 'header' ? [] : field(parameter.in, parameter.name, parameter.schema),
      ),
    ];
  });
}

function plainValue({ anyOf, ...whole }: Schema, resolved: (schema: Schema) => Schema): unknown {
  const schema = resolved({ ...anyOf?.[0], ...whole });
  const { type, example, examples, enum: choices, default: fallback, const: only } = schema;
  if (only !== undefined) return only;
  if (type === 'object' && example === undefined && examples === undefined) {
    const members = Object.entries(schema.properties ?? {});
    return Object.fromEntries(members.map(([name, one]) => [name, plainValue(one, resolved)]));
  }
  const isBoolean = [type].flat().includes('boolean');
  return example ?? examples?.[0] ?? choices?.[0] ?? fallback ?? (isBoolean ? true : 'plain text');
}

const services = await makeServiceTokens();

/** A service whose every operation somebody here may call. */
export function openService(t: TestContext): Promise<TestApp> {
  return createTestApp(t, { SERVICE_TOKENS_FILE: services.file });
}

/**
 * Sends one value in one field as an authorized account: a user on user routes, a superadmin on all
 * others; as a service that may introspect. `service` is of `openService`.
 */
export async function createFieldSender(service: TestApp) {
  const user = await signedInUser(service);
  const superadmin = await signedInAdmin(service);
  const tokenFor = (path: string) => {
    if (path.startsWith('/api/tokens')) return services.introspect;
    return (path.startsWith('/api/users') ? user : superadmin).accessToken;
  };

  const send = ({ method, path, place, name }: Field, value: unknown): Promise<Answer> => {
    const token = tokenFor(path);
    if (place === 'body') {
      return service.api.request(method, filled(path), { [name]: value }, { token });
    }
    const text = escaped(String(value));
    const target =
      place === 'query' ? `${filled(path)}?${name}=${text}` : path.replace(`{${name}}`, text);
    return service.api.request(method, target, undefined, { token });
  };
  const fields = await describedFields(service.api);
  /** The same with valid values in all other fields, so that the value gets as far as possible. */
  const sendAmongPlain = async (field: Field, value: unknown): Promise<Answer> => {
    if (field.place !== 'body') return send(field, value);
    const { method, path, name } = field;
    const isAmong = (one: Field) =>
      one.method === method && one.path === path && one.place === 'body';
    const body = fields.filter((one) => isAmong(one) && !isOtherName(one, field));
    const plain = Object.fromEntries(body.map((one) => [one.name, one.plain]));
    return service.api.request(
      method,
      filled(path),
      { ...plain, [name]: value },
      { token: tokenFor(path) },
    );
  };
  const sendRaw = ({ method, path }: Field, rawBody: string | Buffer): Promise<Answer> =>
    service.api.request(method, filled(path), undefined, { token: tokenFor(path), rawBody });
  return { send, sendAmongPlain, sendRaw, user, superadmin, tokenFor };
}

/** A login takes a username or an e-mail address, or both if they are the same. */
function isOtherName(one: Field, { path, name }: Field): boolean {
  return path.endsWith('/login') && one.name === (name === 'username' ? 'email' : 'username');
}

/** True where a 422 names this field. */
export function isRefused({ status, body }: Answer, { name }: Field): boolean {
  return (
    status === 422 && body.details.errors.some((fault: { field: string }) => fault.field === name)
  );
}

/**
 * Fails if a field refuses its own valid value: refusing a hostile one would then prove nothing.
 */
export async function assertTakesPlainValue(
  send: (field: Field, value: unknown) => Promise<Answer>,
  field: Field,
): Promise<void> {
  const answer = await send(field, field.plain);
  assert.equal(isRefused(answer, field), false, `${field.label}: ${answer.text}`);
}

/** No account has this id, so a change has no effect. */
function filled(path: string): string {
  return path.replaceAll(/\{\w+\}/g, '01890a5d-ac96-774b-bcce-b302099a8057');
}

/** Percent-encodes everything that is not yet encoded. */
function escaped(value: string): string {
  return encodeURIComponent(value).replaceAll(/%25([0-9a-f]{2})/gi, '%$1');
}
