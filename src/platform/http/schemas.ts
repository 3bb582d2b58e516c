import { z } from 'zod';
import { errorStatuses } from '../errors.ts';

// As JSON Schema writes it. Lone surrogates are no characters, so that no pattern can name them.
export const plainTextPattern = '^[^\\u0000]*$';

/**
 * Text that PostgreSQL and every client can hold: no NUL, no lone surrogate (ASVS V1.5.3, V2.2.1). The length counts
 * characters as JSON Schema does; zod would count an emoji as two.
 */
export function text(maxLength: number, string = z.string()) {
  return string
    .refine((value) => value.length <= 2 * maxLength && [...value].length <= maxLength, {
      message: `must have at most ${maxLength} characters`,
      params: { type: 'too_big' },
    })
    .refine((value) => value.isWellFormed() && !value.includes('\0'), 'has characters that are no text')
    .meta({ maxLength, pattern: plainTextPattern });
}

/** A member of a change: null leaves the thing as it is, as an absent one does. Many clients send every member. */
export function unchangedIfNull<T extends z.ZodType>(schema: T) {
  return schema
    .nullish()
    .transform((value) => value ?? undefined)
    .describe('null leaves it as it is');
}

const yes = ['true', '1', 'yes', 'on'];
const no = ['false', '0', 'no', 'off'];

/** A boolean in a query, in any case; an empty parameter is an absent one. */
export const queryBoolean = z
  .string()
  .refine((value) => ['', ...yes, ...no].includes(value.toLowerCase()), 'must be true or false')
  .transform((value) => (value === '' ? undefined : yes.includes(value.toLowerCase())))
  .optional()
  .describe('`1`, `yes` and `on`, `0`, `no` and `off` are taken too, in any case')
  .meta({ type: 'boolean', example: true });

export const uuid = z.uuid('is not an id').meta({ example: '01890a5d-ac96-774b-bcce-b302099a8057' });

export const timestamp = z.iso.datetime().meta({ example: '2026-01-31T09:26:03.114Z' });

/** As PostgreSQL writes it into a cursor: in UTC, to the microsecond. It knows no year 0. */
export const cursorTime = z.iso.datetime({ precision: 6 }).refine((time) => !time.startsWith('0000'));

// Nanoseconds, the most that a client's language writes.
const mostFractionDigits = 9;

/**
 * A time that a caller names, made one that PostgreSQL can read: in UTC, which also takes an offset of RFC 3339 that
 * is beyond what it knows (16 hours), and between the years 1 and 9999.
 */
export const instant = z.iso
  .datetime({ offset: true })
  .transform((time, context) => {
    const [, fraction = ''] = /\.(\d+)/.exec(time) ?? [];
    const whole = new Date(time.replace(/\.\d+/, ''));
    const year = whole.getUTCFullYear();
    if (year >= 1 && year <= 9999 && fraction.length <= mostFractionDigits)
      return `${whole.toISOString().slice(0, 19)}.${fraction || '0'}Z`;
    context.addIssue({ code: 'custom', message: 'is not a time that can be compared' });
    return z.NEVER;
  })
  .meta({ example: '2026-01-31T00:00:00Z' });

export const messageSchema = z.object({ message: z.string().max(500) }).meta({ id: 'Message' });

export const idParams = z.object({ id: uuid });

const fieldFault = z.object({
  field: z.string().max(200),
  message: z.string().max(500),
  type: z.string().max(100),
});

export const errorSchema = z
  .object({
    error: z.enum(Object.keys(errorStatuses)).describe('The name of the error, one of a closed list'),
    message: z.string().max(500),
    status_code: z.int().min(400).max(504),
    request_id: z.guid(),
    timestamp,
    path: z.string().max(16_384).describe('The path of the request, without its query string'),
    details: z
      .object({
        reason: z.string().max(100).optional().describe('A finer code for programs'),
        field: z.string().max(100).optional().describe('The field of a duplicate'),
        resource: z
          .enum(['user', 'admin', 'mail'])
          .optional()
          .describe('Of a 409: what is already there, or is not in the state for it'),
        errors: z.array(fieldFault).max(200).optional().describe('All faults of a 422 at once'),
      })
      .optional(),
  })
  .meta({
    id: 'Error',
    example: {
      error: 'NotFoundError',
      message: "The requested resource '/nonexistent' was not found",
      status_code: 404,
      request_id: '2bcc1c11-6220-484a-bf8a-9ecdd384b026',
      timestamp: '2025-10-09T12:11:12.000Z',
      path: '/nonexistent',
    },
  });

type ErrorStatus = 400 | 401 | 403 | 404 | 409 | 413 | 415 | 422 | 429 | 503;

/** The errors that any route with a body, or behind a guard, can answer beside its own. */
export const bodyErrors = [413, 415, 422, 429] as const;
export const guardErrors = [401, 403, 429, 503] as const;

/** The error answers of a route, for `schema.response`. */
export function errors<S extends ErrorStatus>(statuses: readonly S[]): Record<S, typeof errorSchema> {
  return Object.fromEntries(statuses.map((status) => [status, errorSchema])) as Record<S, typeof errorSchema>;
}

/** A 204: nothing at all. */
export const noContent = z.null().describe('Done; no content');
