import type { FastifySchemaCompiler } from 'fastify';
import type { z } from 'zod';
import { type FieldFault, invalid } from '../errors.ts';

/** Validates a part of a request; the error is a 422 that lists all faults. */
export const validateRequest: FastifySchemaCompiler<z.ZodType> =
  ({ schema }) =>
  (data: unknown) => {
    const { error, data: value } = schema.safeParse(data, { reportInput: true });
    if (error === undefined) return { value };
    return { error: invalid(...fieldFaults(error)) };
  };

/** The faults of a value parsed with `reportInput`. */
export function fieldFaults({ issues }: z.core.$ZodError): FieldFault[] {
  return issues.flatMap(toFieldFaults).slice(0, mostFaults);
}

// The limits of `errorSchema`.
const mostFaults = 200;
const longestField = 200;
const longestMessage = 500;

type Issue = z.core.$ZodIssue;

function toFieldFaults(issue: Issue): FieldFault[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map(unknownParameter);
  const field = issue.path.join('.').slice(0, longestField) || 'body';
  if (isMissing(issue)) return [{ field, message: 'is required', type: 'missing' }];
  const type = issue.code === 'custom' ? (issue.params?.type as string | undefined) : undefined;
  return [{ field, message: issue.message.slice(0, longestMessage), type: type ?? issue.code }];
}

// A mistyped name is repeated to the caller, arbitrary text is not.
const parameterName = /^[\w.$[\]-]{1,100}$/;

function unknownParameter(name: string): FieldFault {
  const field = parameterName.test(name) ? name : 'query';
  return { field, message: 'is unknown', type: 'unknown_parameter' };
}

/** Fastify passes null if there is no body. */
function isMissing({ code, input, path }: Issue): boolean {
  return code !== 'custom' && (input === undefined || (input === null && path.length === 0));
}
