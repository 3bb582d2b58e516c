import fc from 'fast-check';
import { plainTextPattern } from '../../src/platform/http/schemas.ts';
import type { Schema } from '../attacks/described-fields.ts';

/** Values that fit the schema. */
export function validValue(schema: Schema): fc.Arbitrary<unknown> {
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map(validValue));
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.const !== undefined) return fc.constant(schema.const);
  switch (schema.type) {
    case 'string':
      return validText(schema);
    case 'integer':
      return fc.oneof(
        fc.integer({ min: schema.minimum ?? -100, max: Math.min(schema.maximum ?? 100, 100) }),
        fc.constantFrom(schema.minimum ?? 0, schema.maximum ?? 0),
      );
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(validValue(schema.items ?? {}), {
        maxLength: Math.min(schema.maxItems ?? 5, 5),
      });
    case 'object':
      return validObject(schema);
    default:
      return fc.jsonValue();
  }
}

/** Every required member, and some of the others. */
export function validObject({
  properties = {},
  required = [],
}: Schema): fc.Arbitrary<Record<string, unknown>> {
  const members = Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name, validValue(schema)]),
  );
  return fc.record(members, { requiredKeys: required, noNullPrototype: true });
}

function validText({
  format,
  pattern,
  minLength = 0,
  maxLength = 100,
}: Schema): fc.Arbitrary<string> {
  if (format === 'uuid') return fc.uuid();
  if (format === 'date-time') {
    return fc
      .date({ min: new Date(0), max: new Date('2100'), noInvalidDate: true })
      .map((at) => at.toISOString());
  }
  const fits = (text: string) => text.length >= minLength && text.length <= maxLength;
  if (pattern !== undefined && pattern !== plainTextPattern)
    return fc.stringMatching(new RegExp(pattern, 'u'), { size: 'small' }).filter(fits);
  const few = fc.string({
    unit: 'grapheme',
    minLength,
    maxLength: Math.min(maxLength, minLength + 30),
  });
  return fc.oneof(
    { weight: 9, arbitrary: few.filter(fits) },
    { weight: 1, arbitrary: fc.constant('x'.repeat(maxLength)) },
  );
}

/** Unexpected values: other types, other sizes, and texts with a special meaning. */
export function brokenValue(schema: Schema): fc.Arbitrary<unknown> {
  const { minLength = 0, maxLength = 0, minimum = 0, maximum = 0 } = schema;
  const beside = [
    'x'.repeat(maxLength + 1),
    'x'.repeat(Math.max(0, minLength - 1)),
    minimum - 1,
    maximum + 1,
  ];
  return fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom(...beside),
    hostileText,
    hostileNumber,
  );
}

const hostileNumber = fc.constantFrom(0, -1, 1.5, 1e21, 1e308, 2 ** 31, 2 ** 53, -(2 ** 63));

export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    'null',
    '\0',
    'a\0b',
    '\ud800',
    'a\udfffb',
    '\r\nX-Evil: 1',
    '\u2028',
    '\u202e\u200b',
    "' OR 1=1; --",
    "'; SELECT pg_sleep(5); --",
    '%00',
    '%',
    '../../../etc/passwd',
    '<script>alert(1)</script>',
    '{{7*7}}<%= 7*7 %>',
    '__proto__',
    'constructor',
    '9223372036854775808',
    '1e309',
    'NaN',
    '00000000-0000-0000-0000-000000000000',
    'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF',
    'x'.repeat(300),
    'x'.repeat(10_000),
  ),
  // Any code units, including lone surrogates. fast-check's own unit for that takes five seconds to
  // initialize.
  fc.array(fc.nat(0xffff), { maxLength: 40 }).map((units) => String.fromCharCode(...units)),
);
