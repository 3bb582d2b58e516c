import { z } from 'zod';
import type { FactorKind } from '../../domain/factors/factor-kind.ts';

export type GivenFactor = { kind: FactorKind; value: unknown };

/** The members of a body that prove a factor, each optional. */
export function factorMembers(kinds: readonly FactorKind[]): Record<string, z.ZodType> {
  return Object.fromEntries(kinds.map(({ member, schema }) => [member, schema.nullish()]));
}

/** A body that proves something with one of its `names`. */
export function provenByOne<Shape extends z.ZodRawShape>(
  shape: Shape,
  names: readonly string[],
  example: object,
) {
  const absent = Object.fromEntries(names.map((name) => [name, { type: 'null' }]));
  return z
    .object(shape)
    .refine((body) => given(body, names).length === 1, {
      path: [names[0] ?? ''],
      message: `exactly one of ${names.join(', ')} is required`,
      params: { type: 'missing' },
      when: ({ value }) => typeof value === 'object' && value !== null,
    })
    .meta({ not: { properties: absent }, example });
}

/** The factor that the body proves; null if it proves something else. */
export function givenFactor(kinds: readonly FactorKind[], body: object): GivenFactor | null {
  const [name] = given(
    body,
    kinds.map(({ member }) => member),
  );
  const kind = kinds.find(({ member }) => member === name);
  return kind ? { kind, value: Reflect.get(body, kind.member) } : null;
}

/** The same, for a body that proves nothing else. */
export function requireFactor(kinds: readonly FactorKind[], body: object): GivenFactor {
  const factor = givenFactor(kinds, body);
  if (factor === null) throw new Error('the schema of the route lets no other body pass');
  return factor;
}

function given(body: object, names: readonly string[]): string[] {
  return names.filter((name) => (Reflect.get(body, name) ?? null) !== null);
}
