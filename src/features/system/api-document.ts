import { type Answers, completeAnswers, headerObjects } from './document-answers.ts';

type Operation = { operationId?: string; security: object[]; responses: Answers };

type ApiDocument = {
  paths?: Record<string, Record<string, Operation>>;
  components?: { schemas?: Record<string, unknown>; headers?: object };
};

/** Says for every operation what its route leaves out, and drops the schemas that none of them uses. */
export function completeDocument<T extends object>(document: T): T {
  const { paths = {}, components } = document as ApiDocument;
  for (const [path, operations] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      operation.operationId = operationIdOf(method, path);
      completeAnswers(path, isGuarded(operation), operation.responses);
    }
  }
  if (components) components.headers = headerObjects;
  dropUnusedSchemas(paths, components?.schemas ?? {});
  return document;
}

/** Whether nobody passes without a token of the document. */
function isGuarded({ security }: Operation): boolean {
  return security.length > 0 && security.every((one) => Object.keys(one).length > 0);
}

/** `delete /api/users/me/sessions/{id}` is `deleteUsersMeSessionsById`: what a generated client calls its function. */
function operationIdOf(method: string, path: string): string {
  const words = path
    .replace(/^\/api\//, '')
    .replaceAll('{', 'by/')
    .split(/\W+/)
    .filter(Boolean);
  const name = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  return `${method}${name || 'Root'}`;
}

/** The type provider describes each schema as input and as output; one of the two is often used by nobody. */
function dropUnusedSchemas(paths: object, schemas: Record<string, unknown>): void {
  const used = new Set<string>();
  const pending = referencesIn(paths);
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
