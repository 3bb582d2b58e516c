import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { listRoutes } from '../../src/process/route-list.ts';
import { createTestApp } from '../test-app.ts';

type Schema = {
  $ref?: string;
  type?: string;
  example?: unknown;
  default?: unknown;
  enum?: unknown[];
  examples?: unknown[];
  pattern?: string;
  required?: string[];
  oneOf?: Schema[];
  anyOf?: Schema[];
  properties?: Record<string, Schema>;
};
type Response = {
  description: string;
  headers?: Record<string, { $ref?: string }>;
  content?: Record<string, { schema: Schema; example?: unknown }>;
};
export type Operation = {
  operationId: string;
  summary?: string;
  tags?: string[];
  security: Record<string, unknown>[];
  parameters?: {
    name: string;
    in: string;
    required?: boolean;
    description?: string;
    schema: Schema;
    example?: unknown;
  }[];
  requestBody?: {
    required?: boolean;
    description?: string;
    content: Record<string, { schema: Schema; example?: unknown }>;
  };
  responses: Record<string, Response | { $ref: string }>;
};
export type Document = {
  openapi: string;
  info: { description: string };
  paths: Record<string, Record<string, Operation>>;
  tags: { name: string }[];
  components: {
    schemas: Record<string, Schema>;
    responses: Record<string, Response>;
    securitySchemes: Record<string, Record<string, string>>;
  };
};

export const overrides = { PUBLIC_URL: 'https://accounts.adl.test' };
let loaded: ReturnType<typeof load> | undefined;

/** The document as a client gets it, with each route's guard beside its operation; fetched once. */
export function described(t: TestContext): ReturnType<typeof load> {
  loaded ??= load(t);
  return loaded;
}

async function load(t: TestContext) {
  const { api } = await createTestApp(t, overrides);
  const document = (await api.get('/openapi.json')).body as Document;
  const operations = (await listRoutes())
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/ +/) as [method: string, url: string, guard: string])
    // Not part of the API: pages, their assets, the metrics, and what adl doctor asks.
    .filter(([, url]) => !/^\/(openapi\.json|docs|redoc|metrics|app|health\/arrival)\b/.test(url))
    .map(([method, url, guard]) => {
      const path = url.replaceAll(/:(\w+)/g, '{$1}');
      const operation = document.paths[path]?.[method.toLowerCase()];
      assert.ok(operation, `${method} ${url} is missing in /openapi.json`);
      return { name: `${method} ${url}`, url, guard, operation };
    });
  return { document, operations };
}

/** The answer itself, with a reference to a shared one resolved. */
export function responseOf(
  document: Document,
  operation: Operation,
  status: string,
): Response | undefined {
  const response = operation.responses[status];
  if (response === undefined || !('$ref' in response)) return response;
  return document.components.responses[nameIn(response.$ref)];
}

export function nameIn(reference: string): string {
  return reference.split('/').at(-1) ?? '';
}
