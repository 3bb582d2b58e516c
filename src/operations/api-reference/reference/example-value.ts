import { type ApiDocument, resolveSchema, type Schema } from './shapes.ts';

const ofFormat: Record<string, string> = {
  uuid: '01890a5d-ac96-774b-bcce-b302099a8057',
  'date-time': '2026-01-31T09:26:03.114Z',
};

/** An example value for the schema: its own, or one composed from the examples of its parts. */
export function exampleValue(document: ApiDocument, referred: Schema): unknown {
  const schema = resolveSchema(document, referred);
  const [choice] = schema.oneOf ?? schema.anyOf ?? [];
  const {
    example,
    examples = [example],
    const: only,
    default: usual = only,
    enum: [first] = [usual],
  } = schema;
  // Null is a valid example.
  const own = [examples[0], usual, first].find((value) => value !== undefined);
  if (own !== undefined) return own;
  if (choice !== undefined) return exampleValue(document, choice);
  switch (schema.type) {
    case 'object':
      return exampleObject(document, schema);
    case 'array':
      return [exampleValue(document, schema.items ?? {})];
    case 'integer':
      return Math.max(schema.minimum ?? 1, 1);
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return ofFormat[schema.format ?? ''] ?? '…';
  }
}

function exampleObject(document: ApiDocument, { properties = {} }: Schema): object {
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name, exampleValue(document, schema)]),
  );
}
