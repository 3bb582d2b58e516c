import { type Schema, typeOf } from './schema-type.ts';

type Content = { content?: Record<string, { schema?: Schema }> };
type Parameter = {
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  schema?: Schema;
};
type Operation = {
  summary?: string;
  parameters?: Parameter[];
  requestBody?: Content & { required?: boolean };
  responses: Record<string, Content | { $ref: string }>;
};
export type DescribedApi = {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema>; responses: Record<string, Content> };
};

/** The text of `client/src/api.ts`: every schema and every operation under `/api` as a type. */
export function clientTypes({ paths, components }: DescribedApi): string {
  const schemas = Object.entries(components.schemas).map(
    ([name, schema]) => `export type ${name} = ${typeOf(schema)};\n`,
  );
  const operations = Object.entries(paths)
    .filter(([path]) => path.startsWith('/api/'))
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, one]) =>
        operationType(`${method.toUpperCase()} ${path}`, one, components.responses),
      ),
    );
  return `// Generated from the API's document: node scripts/check-docs.ts --write\n\n${schemas.join('\n')}\nexport type Operations = {\n${operations.join('')}};\n`;
}

type Shared = DescribedApi['components']['responses'];

function operationType(name: string, operation: Operation, shared: Shared): string {
  const members = [
    parametersType('path', operation),
    parametersType('query', operation),
    bodyType(operation),
    `answer: ${answerType(operation, shared)};`,
  ].filter((member) => member !== null);
  const comment = operation.summary === undefined ? '' : `  /** ${operation.summary} */\n`;
  return `${comment}  '${name}': { ${members.join(' ')} };\n`;
}

function parametersType(place: 'path' | 'query', { parameters = [] }: Operation): string | null {
  const own = parameters.filter((parameter) => parameter.in === place);
  if (own.length === 0) return null;
  const isOptional = own.every(({ required }) => required !== true);
  const members = own.map(
    ({ name, required, schema }) => `${name}${required ? '' : '?'}: ${typeOf(schema ?? {})}`,
  );
  return `${place}${isOptional ? '?' : ''}: { ${members.join('; ')} };`;
}

/** Where the refresh token is in a cookie, there is no body; the client writes that one itself. */
function bodyType({ requestBody }: Operation): string | null {
  const schema = requestBody?.content?.['application/json']?.schema;
  if (schema === undefined) return null;
  return `body${requestBody?.required === false ? '?' : ''}: ${typeOf(schema)};`;
}

function answerType({ responses }: Operation, shared: Shared): string {
  const [, given] = Object.entries(responses).find(([status]) => status.startsWith('2')) ?? [];
  const success = given && '$ref' in given ? shared[given.$ref.split('/').at(-1) ?? ''] : given;
  const schema = success?.content?.['application/json']?.schema;
  return schema ? typeOf(schema) : 'null';
}
