/** A schema of the document, as far as it makes a type. */
export type Schema = {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  description?: string;
};

const primitives: Record<string, string> = {
  string: 'string',
  integer: 'number',
  number: 'number',
  boolean: 'boolean',
  null: 'null',
};

/** The TypeScript of a schema, with the descriptions of its members as comments. */
export function typeOf(schema: Schema): string {
  const { $ref, enum: values, anyOf, oneOf, allOf, type } = schema;
  if ($ref !== undefined) return $ref.slice($ref.lastIndexOf('/') + 1);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (values !== undefined) return values.map((value) => JSON.stringify(value)).join(' | ');
  const union = anyOf ?? oneOf;
  if (union !== undefined) return unique(union.map(typeOf)).join(' | ');
  if (allOf !== undefined) return unique(allOf.map(typeOf)).join(' & ');
  if (Array.isArray(type))
    return unique(type.map((one) => typeOf({ ...schema, type: one }))).join(' | ');
  if (type === 'array') return `(${typeOf(schema.items ?? {})})[]`;
  return type === 'object' ? objectType(schema) : (primitives[type ?? ''] ?? 'unknown');
}

function objectType({ properties, required = [], additionalProperties }: Schema): string {
  if (properties === undefined) {
    const values =
      typeof additionalProperties === 'object' ? typeOf(additionalProperties) : 'unknown';
    return `Record<string, ${values}>`;
  }
  const members = Object.entries(properties).map(([name, member]) => {
    const key = /^\w+$/.test(name) ? name : JSON.stringify(name);
    return `${comment(member)}${key}${required.includes(name) ? '' : '?'}: ${typeOf(member)};`;
  });
  return `{ ${members.join(' ')} }`;
}

function comment({ description }: Schema): string {
  return description === undefined ? '' : `/** ${description.replaceAll('*/', '* /')} */ `;
}

function unique(types: readonly string[]): string[] {
  return [...new Set(types)];
}
