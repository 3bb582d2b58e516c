import type { Requirement } from './token-schemes.ts';

type Parameter = { required?: boolean; schema: { example?: unknown; examples?: unknown[] } };
type Body = { required?: boolean; description?: string };
export type DescribedRequest = { parameters?: Parameter[]; requestBody?: Body; security: Requirement[] };

const bodyByMode =
  'With the refresh token in the body, this body is required. In cookie mode (`X-Session-Mode: cookie`) the cookie has ' +
  'the token, and there must be no body.';

/** Says of a request what the schemas of its route cannot. */
export function completeRequest({ parameters = [], requestBody, security }: DescribedRequest): void {
  for (const { required, schema } of parameters) if (!required) keepOutOfForms(schema);
  if (requestBody && security.some((way) => 'userCookie' in way || 'adminCookie' in way)) {
    requestBody.required = false;
    requestBody.description = bodyByMode;
  }
}

/** Swagger UI fills a form with each `example`, and would send an optional parameter that nobody asked for. It only shows `examples`. */
function keepOutOfForms(schema: Parameter['schema']): void {
  if (schema.example === undefined) return;
  schema.examples = [schema.example];
  delete schema.example;
}
