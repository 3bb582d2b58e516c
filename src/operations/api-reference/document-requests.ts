import { plainTextPattern } from '../../platform/http/schemas.ts';
import type { Requirement } from './token-schemes.ts';

type Parameter = {
  name?: string;
  in?: string;
  description?: string;
  required?: boolean;
  schema: Record<string, unknown> & { example?: unknown; examples?: unknown[] };
};
type Body = { required?: boolean; description?: string };
export type DescribedRequest = {
  parameters?: Parameter[];
  requestBody?: Body;
  security: Requirement[];
  responses: Record<string, unknown>;
};

const bodyByMode =
  'Required unless the request uses cookie mode. In cookie mode (`X-Session-Mode: cookie`) the cookie carries ' +
  'the refresh token, and there must be no body.';

/** Adds to a request what the schemas of its route cannot express. */
export function completeRequest({
  parameters = [],
  requestBody,
  security,
}: DescribedRequest): void {
  for (const { required, schema } of parameters) if (!required) keepOutOfForms(schema);
  if (requestBody && security.some((way) => 'userCookie' in way || 'adminCookie' in way)) {
    requestBody.required = false;
    requestBody.description = bodyByMode;
  }
}

export function takesKey(method: string): boolean {
  return ['post', 'put', 'patch'].includes(method);
}

/** What the guard adds to every route that changes something. */
export function describeKey(operation: DescribedRequest): void {
  operation.parameters = [...(operation.parameters ?? []), keyParameter];
  operation.responses[409] ??= { $ref: '#/components/responses/Conflict' };
  operation.responses[422] ??= { $ref: '#/components/responses/InvalidRequest' };
}

const keyParameter: Parameter = {
  name: 'idempotency-key',
  in: 'header',
  required: false,
  description: 'The same key and request get the same answer for a day',
  schema: { type: 'string', minLength: 16, maxLength: 64, pattern: plainTextPattern },
};

/** Swagger UI prefills forms from `example`, and would send optional parameters unasked. */
function keepOutOfForms(schema: Parameter['schema']): void {
  if (schema.example === undefined) return;
  schema.examples = [schema.example];
  delete schema.example;
}
