import fc from 'fast-check';
import type { DescribedOperation, Parameter, Schema } from '../attacks/described-fields.ts';
import { brokenValue, hostileText, validObject, validValue } from './values.ts';

/** Whose access token is sent. */
type Credentials = 'own' | 'other realm' | 'none' | { header: string };

export type FuzzRequest = {
  /** A valid request; values known only to the service are filled in from the supplies. */
  isValid: boolean;
  path: Record<string, string>;
  query: [name: string, value: string][];
  headers: Record<string, string>;
  /** The properties of the body object, or the whole body, as text. */
  body: { members: Record<string, unknown> } | { raw: string } | null;
  contentType: string;
  credentials: Credentials;
};

/** Half of the requests are valid; each of the others is wrong in at least one way. */
export function requestsOf(described: DescribedOperation): fc.Arbitrary<FuzzRequest> {
  return fc.oneof(validRequestsOf(described), brokenRequest(described));
}

export function validRequestsOf({ operation }: DescribedOperation): fc.Arbitrary<FuzzRequest> {
  const schema = bodySchema(operation.requestBody);
  return fc.record({
    isValid: fc.constant(true),
    path: parametersIn(operation.parameters, 'path', validValue),
    query: parametersIn(operation.parameters, 'query', validValue).map((values) =>
      Object.entries(values),
    ),
    headers: parametersIn(operation.parameters?.filter(withoutCookie), 'header', validHeader),
    body: schema === null ? fc.constant(null) : validObject(schema).map((members) => ({ members })),
    contentType: fc.constantFrom('application/json', 'application/json; charset=utf-8'),
    credentials: fc.constant<Credentials>('own'),
  });
}

function brokenRequest(described: DescribedOperation): fc.Arbitrary<FuzzRequest> {
  const { operation } = described;
  const schema = bodySchema(operation.requestBody);
  const faults: Partial<{ [Part in keyof FuzzRequest]: fc.Arbitrary<FuzzRequest[Part]> }>[] = [
    { credentials: brokenCredentials },
    {
      contentType: fc.constantFrom(
        'text/plain',
        'application/x-www-form-urlencoded',
        'application/xml',
        '',
        'x',
      ),
    },
    { body: rawBody, contentType: fc.constant('application/json') },
    { headers: strangeHeaders },
    ...(schema ? [{ body: brokenMembers(schema) }] : []),
    ...placed(operation.parameters, 'path').map(() => ({
      // An empty segment is the path of another route.
      path: parametersIn(operation.parameters, 'path', () =>
        hostileText.filter((text) => text !== ''),
      ),
    })),
    ...placed(operation.parameters, 'query').map(() => ({
      query: parametersIn(operation.parameters, 'query', brokenValue).map((values) =>
        Object.entries(values),
      ),
    })),
    { query: fc.array(fc.tuple(hostileText, hostileText), { maxLength: 3 }) },
  ];
  return fc
    .tuple(
      validRequestsOf(described),
      fc.oneof(...faults.map((fault) => fc.record(fault, { noNullPrototype: true }))),
    )
    .map(([request, fault]) => ({
      ...request,
      ...(fault as Partial<FuzzRequest>),
      isValid: false,
    }));
}

function bodySchema(body: DescribedOperation['operation']['requestBody']): Schema | null {
  return body?.content['application/json'].schema ?? null;
}

function placed(parameters: Parameter[] | undefined, place: Parameter['in']): Parameter[] {
  return parameters?.filter((parameter) => parameter.in === place) ?? [];
}

function parametersIn(
  parameters: Parameter[] | undefined,
  place: Parameter['in'],
  valuesOf: (schema: Schema) => fc.Arbitrary<unknown>,
): fc.Arbitrary<Record<string, string>> {
  const chosen = placed(parameters, place);
  // With an empty segment it would be the path of another operation.
  const isText = (text: string) => place !== 'path' || text !== '';
  const texts = chosen.map(
    ({ name, schema }) => [name, valuesOf(schema).map(textOf).filter(isText)] as const,
  );
  const requiredKeys = place === 'path' ? chosen.map(({ name }) => name) : [];
  return fc.record(Object.fromEntries(texts), { requiredKeys, noNullPrototype: true });
}

/**
 * Cookie mode has its own rules (test/attacks/cookie-mode.test.ts); here it is just an unexpected
 * header.
 */
function withoutCookie({ name }: Parameter): boolean {
  return name !== 'x-session-mode';
}

/** A string as it is; anything else as JSON, even if it has its own `toString`. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The characters that HTTP allows in a header value. */
function validHeader(schema: Schema): fc.Arbitrary<string> {
  if (schema.enum ?? schema.const) return validValue(schema).map(textOf);
  const { minLength = 0, maxLength = 60 } = schema;
  const longest = Math.min(maxLength, minLength + 40);
  return fc.stringMatching(new RegExp(`^[!-~]{${Math.max(minLength, 1)},${longest}}$`));
}

const strangeHeaders: fc.Arbitrary<Record<string, string>> = fc.dictionary(
  fc.constantFrom(
    'accept',
    'origin',
    'cookie',
    'content-encoding',
    'idempotency-key',
    'x-setup-token',
    'x-session-mode',
    'x-request-id',
    'x-http-method-override',
    'x-forwarded-for',
    'sec-fetch-site',
    'if-none-match',
  ),
  fc.oneof(
    fc.constantFrom(
      'text/html',
      '*/*',
      'null',
      'gzip',
      'DELETE',
      'cross-site',
      'cookie',
      '"x"',
      '127.0.0.1',
    ),
    fc.stringMatching(/^[!-~]{1,80}$/),
  ),
  { noNullPrototype: true },
);

const brokenCredentials: fc.Arbitrary<Credentials> = fc.oneof(
  fc.constantFrom<Credentials>('none', 'other realm'),
  fc
    .oneof(
      fc.constantFrom(
        'Bearer',
        'Bearer ',
        'Basic dTpw',
        'Bearer a b',
        'bearer x',
        'Bearer e30.e30.',
        'Bearer ..',
      ),
      fc.stringMatching(/^Bearer [\w.~+/-]{1,200}$/),
    )
    .map((header) => ({ header })),
);

function brokenMembers(schema: Schema): fc.Arbitrary<FuzzRequest['body']> {
  const fields = Object.entries(schema.properties ?? {});
  const oneBroken = fields.map(([name, own]) =>
    fc
      .tuple(validObject(schema), brokenValue(own))
      .map(([body, value]) => ({ ...body, [name]: value })),
  );
  const oneMissing = fields.map(([missing]) =>
    validObject(schema).map((body) =>
      Object.fromEntries(Object.entries(body).filter(([name]) => name !== missing)),
    ),
  );
  const oneMore = fc
    .tuple(
      validObject(schema),
      fc.constantFrom('id', 'is_superuser', 'role', 'toString'),
      fc.jsonValue(),
    )
    .map(([body, name, value]) => ({ ...body, [name]: value }));
  return fc.oneof(
    ...[...oneBroken, ...oneMissing, oneMore].map((broken) =>
      broken.map((members) => ({ members })),
    ),
  );
}

const rawBody: fc.Arbitrary<FuzzRequest['body']> = fc
  .oneof(
    fc.constantFrom(
      '',
      '{',
      '{"a":1}{"b":2}',
      '[]',
      'null',
      '{"a":NaN}',
      '\ufeff{}',
      '{"__proto__":{"is_superuser":true}}',
      '{"constructor":{"prototype":{"x":1}}}',
      '{"email":"a@example.com","email":"b@example.com"}',
      `"${'x'.repeat(70_000)}"`,
      '['.repeat(20_000),
    ),
    fc.json({ maxDepth: 3 }),
    fc.string(),
  )
  .map((raw) => ({ raw }));
