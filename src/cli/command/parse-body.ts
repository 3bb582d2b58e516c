import type { z } from 'zod';
import { invalid } from '../../platform/errors.ts';
import { fieldFaults } from '../../platform/http/request-validation.ts';

/** Parses with the schema of a request's body; throws the same `ValidationError`. */
export function parseBody<Schema extends z.ZodType>(
  schema: Schema,
  body: unknown,
): z.output<Schema> {
  const { error, data } = schema.safeParse(body, { reportInput: true });
  if (error !== undefined) throw invalid(...fieldFaults(error));
  return data;
}
