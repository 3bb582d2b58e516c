import { type Answers, completeAnswers, headerObjects, shareAnswers } from './document-answers.ts';
import {
  completeRequest,
  type DescribedRequest,
  describeKey,
  takesKey,
} from './document-requests.ts';

type Operation = DescribedRequest & { operationId?: string; responses: Answers };
type Schemas = Record<string, { anyOf?: object[]; oneOf?: object[] }>;

type ApiDocument = {
  paths?: Record<string, Record<string, Operation>>;
  components?: { schemas?: Schemas; headers?: object; responses?: object };
};

/** Completes every operation with what its route leaves out, and drops unused schemas. */
export function completeDocument<T extends object>(document: T): T {
  const { paths = {}, components = {} } = document as ApiDocument;
  for (const [path, operations] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      operation.operationId = operationIdOf(method, path);
      completeRequest(operation);
      if (isGuarded(operation) && takesKey(method)) describeKey(operation);
      completeAnswers(isGuarded(operation), operation.responses);
    }
  }
  const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
  const responses = shareAnswers(operations.map((operation) => operation.responses));
  Object.assign(components, { headers: headerObjects, responses });
  const { schemas = {} } = components;
  for (const schema of Object.values(schemas)) tellApart(schema);
  dropUnusedSchemas([paths, responses], schemas);
  return document;
}

/** Closed objects exclude each other, and client generators handle `oneOf` better. */
function tellApart(schema: Schemas[string]): void {
  if (!schema.anyOf?.every((one) => '$ref' in one)) return;
  schema.oneOf = schema.anyOf;
  delete schema.anyOf;
}

/** Whether every way to call the operation requires a token. */
function isGuarded({ security }: Operation): boolean {
  return security.length > 0 && security.every((way) => Object.keys(way).length > 0);
}

/** `delete /api/users/me/sessions/{id}`: `deleteUsersMeSessionsById` in a generated client. */
function operationIdOf(method: string, path: string): string {
  const words = path
    .replace(/^\/api\//, '')
    .replaceAll('{', 'by/')
    .split(/\W+/)
    .filter(Boolean);
  const name = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  return `${method}${name || 'Root'}`;
}

/** The type provider describes each schema as input and output; often only one is used. */
function dropUnusedSchemas(users: object, schemas: Schemas): void {
  const used = new Set<string>();
  const pending = referencesIn(users);
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (used.has(name)) continue;
    used.add(name);
    pending.push(...referencesIn(schemas[name]));
  }
  for (const name of Object.keys(schemas)) if (!used.has(name)) delete schemas[name];
}

function referencesIn(value: unknown): string[] {
  const text = JSON.stringify(value) ?? '';
  return [...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name = '']) => name);
}
