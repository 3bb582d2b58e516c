import type { Requirement } from './token-schemes.ts';

type Parameter = { required?: boolean; schema: { example?: unknown; examples?: unknown[] } };
type Body = { required?: boolean; description?: string };
export type DescribedRequest = { parameters?: Parameter[]; requestBody?: Body; security: Requirement[] };

const bodyByMode =
  'Required unless the request uses cookie mode. In cookie mode (`X-Session-Mode: cookie`) the cookie carries ' +
  'the refresh token, and there must be no body.';

/** Adds to a request what the schemas of its route cannot express. */
export function completeRequest({ parameters = [], requestBody, security }: DescribedRequest): void {
  for (const { required, schema } of parameters) if (!required) keepOutOfForms(schema);
  if (requestBody && security.some((way) => 'userCookie' in way || 'adminCookie' in way)) {
    requestBody.required = false;
    requestBody.description = bodyByMode;
  }
}

/**
 * Swagger UI prefills a form with each `example` and would send optional parameters unasked. It
 * only shows `examples`.
 */
function keepOutOfForms(schema: Parameter['schema']): void {
  if (schema.example === undefined) return;
  schema.examples = [schema.example];
  delete schema.example;
}
