/** The parts of the API document that the reference page reads. */
export type Schema = {
  $ref?: string;
  type?: string;
  description?: string;
  format?: string;
  pattern?: string;
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  example?: unknown;
  examples?: unknown[];
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  maxItems?: number;
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
};

type Content = Record<string, { schema?: Schema; example?: unknown }>;

type Parameter = {
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  schema: Schema;
};

export type Answer = { description: string; content?: Content };

export type Operation = {
  operationId: string;
  summary: string;
  description?: string;
  tags: string[];
  security: Record<string, string[]>[];
  parameters?: Parameter[];
  requestBody?: { required?: boolean; description?: string; content: Content };
  responses: Record<string, Answer | { $ref: string }>;
};

export type ApiDocument = {
  info: { title: string; version: string; description: string };
  servers: { url: string }[];
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: {
    schemas: Record<string, Schema>;
    responses: Record<string, Answer>;
    securitySchemes: Record<
      string,
      { type: string; in?: string; name?: string; description: string }
    >;
  };
};

export type LocatedOperation = { method: string; path: string; operation: Operation };

export function operationsOf({ paths }: ApiDocument): LocatedOperation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      operation,
    })),
  );
}

/** The last part of a `$ref`. */
export function nameOf(reference: string): string {
  return reference.split('/').at(-1) ?? '';
}

export function resolveAnswer(document: ApiDocument, answer: Answer | { $ref: string }): Answer {
  if (!('$ref' in answer)) return answer;
  return document.components.responses[nameOf(answer.$ref)] ?? { description: '' };
}

export function resolveSchema(document: ApiDocument, schema: Schema): Schema {
  return schema.$ref === undefined
    ? schema
    : (document.components.schemas[nameOf(schema.$ref)] ?? {});
}
