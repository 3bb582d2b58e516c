import { type RawBuilder, sql } from 'kysely';
import { text } from '../../platform/http/schemas.ts';

/** `key:value`; the key ends at the first colon. */
const grammar = /^[^:]{1,64}:/u;

/** A query parameter that finds users by one top-level member of their metadata. */
export const metadataParameter = text(300)
  .refine(
    (value) => value === '' || grammar.test(value),
    'must be a key, a colon and a value, e.g. plan:pro',
  )
  .optional()
  .describe(
    'A key at the top level, a colon and its exact value. `seats:5` finds the number and the text; `beta:true` likewise',
  )
  .meta({ example: 'plan:pro', pattern: '^([^:\\u0000]{1,64}:[^\\u0000]*)?$' });

export type MetadataQuery = { metadata?: string | undefined; app_metadata?: string | undefined };

/** The condition of both parameters; null if neither is given. */
export function matchingMetadata(query: MetadataQuery): RawBuilder<boolean> | null {
  const conditions = (['metadata', 'app_metadata'] as const).flatMap((column) => {
    const asked = query[column];
    return asked ? [containing(column, asked)] : [];
  });
  return conditions.length === 0 ? null : sql`${sql.join(conditions, sql` AND `)}`;
}

function containing(column: string, asked: string): RawBuilder<boolean> {
  const colon = asked.indexOf(':');
  const key = asked.slice(0, colon);
  const found = valuesOf(asked.slice(colon + 1)).map(
    (value) => sql`${sql.ref(column)} @> ${JSON.stringify({ [key]: value })}::jsonb`,
  );
  // The first condition is that of the index, which holds no empty objects.
  return sql`(${sql.ref(column)} <> '{}' AND (${sql.join(found, sql` OR `)}))`;
}

const jsonNumber = /^-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/i;

/** What the text may stand for: itself, and the number or boolean that it spells. */
function valuesOf(value: string): unknown[] {
  if (value === 'true' || value === 'false') return [value, value === 'true'];
  const number = jsonNumber.test(value) ? Number(value) : Number.NaN;
  return Number.isFinite(number) ? [value, number] : [value];
}
