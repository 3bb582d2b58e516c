import { z } from 'zod';
import { errorStatuses } from '../errors.ts';

// In the syntax of JSON Schema. No pattern can exclude lone surrogates; `text` does.
export const plainTextPattern = '^[^\\u0000]*$';

/**
 * Text that PostgreSQL and every client can store: no NUL, no lone surrogate (ASVS V1.5.3, V2.2.1).
 * The length is in code points, as in JSON Schema; zod counts UTF-16 units.
 */
export function text(maxLength: number, string = z.string()) {
  return string
    .refine((value) => isWithin(value, maxLength), {
      message: `must have at most ${maxLength} characters`,
      params: { type: 'too_big' },
    })
    .refine((value) => value.isWellFormed() && !value.includes('\0'), 'has invalid characters')
    .meta({ maxLength, pattern: plainTextPattern });
}

/**
 * Counts only where it has to: most texts have fewer UTF-16 units than they may have code points.
 */
function isWithin(value: string, maxLength: number): boolean {
  return (
    value.length <= maxLength || (value.length <= 2 * maxLength && [...value].length <= maxLength)
  );
}

/** A member of a change: null and absent mean unchanged, because many clients send every member. */
export function unchangedIfNull<T extends z.ZodType>(schema: T) {
  return schema
    .nullish()
    .transform((value) => value ?? undefined)
    .describe('null leaves it unchanged');
}

const yes = ['true', '1', 'yes', 'on'];
const no = ['false', '0', 'no', 'off'];

/** A boolean in a query, case-insensitive; empty means absent. */
export const queryBoolean = z
  .string()
  .refine((value) => ['', ...yes, ...no].includes(value.toLowerCase()), 'must be true or false')
  .transform((value) => (value === '' ? undefined : yes.includes(value.toLowerCase())))
  .optional()
  .describe('Also accepts `1`, `yes`, `on`, `0`, `no` and `off`; case-insensitive')
  .meta({ type: 'boolean', example: true });

export const uuid = z
  .uuid('must be a UUID')
  .meta({ example: '01890a5d-ac96-774b-bcce-b302099a8057' });

export const timestamp = z.iso.datetime().meta({ example: '2026-01-31T09:26:03.114Z' });

/** As PostgreSQL writes it into a cursor: UTC with microseconds. PostgreSQL has no year 0. */
export const cursorTime = z.iso
  .datetime({ precision: 6 })
  .refine((time) => !time.startsWith('0000'));

// Nanoseconds, the finest unit that common languages write.
const mostFractionDigits = 9;

/** A caller's time in UTC, of the years 1 to 9999: PostgreSQL has smaller offsets than RFC 3339. */
export const instant = z.iso
  .datetime({ offset: true })
  .transform((time, context) => {
    const [, fraction = ''] = /\.(\d+)/.exec(time) ?? [];
    const whole = new Date(time.replace(/\.\d+/, ''));
    const year = whole.getUTCFullYear();
    if (year >= 1 && year <= 9999 && fraction.length <= mostFractionDigits)
      return `${whole.toISOString().slice(0, 19)}.${fraction || '0'}Z`;
    context.addIssue({
      code: 'custom',
      message: 'must be in the years 1 to 9999, with at most 9 fraction digits',
    });
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
    error: z.enum(Object.keys(errorStatuses)).describe('The name of the error, from a closed list'),
    message: z.string().max(500),
    status_code: z.int().min(400).max(504),
    request_id: z.guid(),
    timestamp,
    path: z.string().max(16_384).describe('The path of the request, without its query string'),
    details: z
      .object({
        reason: z.string().max(100).optional().describe('A more specific, machine-readable code'),
        field: z.string().max(100).optional().describe('The field whose value is already taken'),
        resource: z
          .enum(['user', 'admin', 'mail', 'passkey', 'identity'])
          .optional()
          .describe('For a 409: the kind of resource that already exists or is in the wrong state'),
        errors: z
          .array(fieldFault)
          .max(200)
          .optional()
          .describe('For a 422: all validation errors'),
        methods: z
          .array(z.string().max(20))
          .max(5)
          .optional()
          .describe('What the account can prove itself with: `password`, `code`, `passkey`'),
        challenge: z
          .string()
          .max(100)
          .optional()
          .describe('For `second_factor_required`: the token of the second step of the sign-in'),
        expires_in: z
          .int()
          .min(0)
          .optional()
          .describe('How long the challenge or the puzzle is good, in seconds'),
        puzzle: z
          .string()
          .max(2000)
          .optional()
          .describe('For `challenge_required`: a puzzle of ALTCHA, as JSON in base64url'),
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

type ErrorStatus = 400 | 401 | 403 | 404 | 409 | 412 | 413 | 415 | 422 | 428 | 429 | 503;

/** Errors that any route with a body, or behind a guard, can return. */
export const bodyErrors = [413, 415, 422, 429] as const;
export const guardErrors = [401, 403, 429, 503] as const;

export function errors<S extends ErrorStatus>(
  statuses: readonly S[],
): Record<S, typeof errorSchema> {
  return Object.fromEntries(statuses.map((status) => [status, errorSchema])) as Record<
    S,
    typeof errorSchema
  >;
}

export const noContent = z.null().describe('Done; no content');
