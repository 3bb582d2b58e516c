import { AppError, type ErrorDetails, type ErrorName, errorStatuses } from '../../platform/errors.ts';
import { type ErrorAnswer, errorAnswer } from '../../platform/http/error-answers.ts';

type Content = Record<string, { schema?: { $ref?: string }; example?: unknown }>;
type Answer = { description: string; headers?: Record<string, object>; content?: Content };
type Reference = { $ref: string };
export type Answers = Record<string, Answer | Reference>;

const whereCounted =
  'Where the request counts on its address; one with a good token counts on its account, whose counter is not shown.';
const count = { type: 'integer', format: 'int32', minimum: 0, maximum: 2_147_483_647 };

const everywhere = {
  'Access-Control-Allow-Origin': {
    description: 'The origin that asks, where it is one of `CORS_ORIGINS`; absent for any other',
    schema: { type: 'string', format: 'uri', maxLength: 300 },
    example: 'https://app.example.com',
  },
  'X-RateLimit-Limit': { description: `Requests an hour. ${whereCounted}`, schema: count, example: 200 },
  'X-RateLimit-Remaining': {
    description: `Requests that are left. ${whereCounted}`,
    schema: count,
    example: 137,
  },
  'X-RateLimit-Reset': {
    description: `Seconds until all are there again. ${whereCounted}`,
    schema: count,
    example: 1803,
  },
};
const afterRefusal = {
  'Retry-After': {
    description: 'Seconds until the next request is served',
    schema: count,
    example: 17,
  },
};

/** For the components. `RateLimit-Policy` and `RateLimit` come too, and say the same in the words of the new draft. */
export const headerObjects = { ...everywhere, ...afterRefusal };

const ownWords: Record<string, string> = {
  200: 'Done',
  201: 'Created',
  202: 'Accepted; it is done soon',
  503: 'Not able to serve; the body says why',
};

type Failure = { error: ErrorName; description: string; message: string; details?: ErrorDetails };

/** By their names among the components. */
const failures: Record<string, Failure> = {
  BadRequest: {
    error: 'BadRequestError',
    description: 'The request is well-formed and cannot be done',
    message: 'The current password is incorrect',
  },
  Unauthorized: {
    error: 'AuthenticationError',
    description: 'No access token, or one that is not or no longer valid',
    message: 'The access token is not valid',
  },
  WrongCredentials: {
    error: 'AuthenticationError',
    description: 'Wrong credentials, or a token that is not or no longer valid',
    message: 'Invalid username or password',
  },
  Forbidden: {
    error: 'AuthorizationError',
    description: 'The right person without the right',
    message: 'You are not allowed to do this',
  },
  NotFound: {
    error: 'NotFoundError',
    description: 'There is no such thing',
    message: 'There is no such thing',
  },
  Conflict: {
    error: 'DuplicateRecordError',
    description: 'Taken, or in conflict with the present state; `details` says which',
    message: 'This email is already registered',
    details: { field: 'email', resource: 'user' },
  },
  PayloadTooLarge: {
    error: 'PayloadTooLargeError',
    description: 'The body has more than 64 KiB',
    message: 'The request body is too large',
  },
  UnsupportedMediaType: {
    error: 'UnsupportedMediaTypeError',
    description: 'The body is not `application/json`',
    message: 'Send the request body as application/json',
  },
  InvalidRequest: {
    error: 'ValidationError',
    description: 'The request does not fit; `details.errors` names all faults at once',
    message: 'The request is not valid',
    details: {
      errors: [{ field: 'email', message: 'is not a plain e-mail address', type: 'invalid_format' }],
    },
  },
  TooManyRequests: {
    error: 'RateLimitExceeded',
    description: 'Too many requests; `Retry-After` says in how many seconds the next one is served',
    message: 'Too many requests; try again later',
  },
  InternalServerError: {
    error: 'InternalServerError',
    description: 'Something that nobody foresaw; the log has it under the `request_id`',
    message: 'An unexpected error occurred',
  },
  ServiceUnavailable: {
    error: 'ServiceUnavailableError',
    description: 'Not now: the database is away, or too much is waiting',
    message: 'The service is temporarily unavailable',
  },
};

const noContent = 'NoContent';

/** The answers that need no schema of a route. */
const commonAnswers: Record<string, Answer> = {
  [noContent]: { description: 'Done; no content', headers: headersOf('204') },
  ...Object.fromEntries(Object.entries(failures).map(([name, failure]) => [name, answerOf(failure)])),
};

function answerOf(failure: Failure): Answer {
  const schema = { $ref: '#/components/schemas/Error' };
  return {
    description: failure.description,
    headers: headersOf(String(errorStatuses[failure.error])),
    content: { 'application/json': { schema, example: exampleOf(failure) } },
  };
}

function headersOf(status: string): Record<string, object> {
  const isRefusal = status === '429' || status === '503';
  const names = Object.keys(isRefusal ? headerObjects : everywhere);
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

function exampleOf({ error, message, details }: Failure): ErrorAnswer {
  const known = new AppError(error, message, details ? { details } : {});
  const example = errorAnswer(known, '2bcc1c11-6220-484a-bf8a-9ecdd384b026', '/api/users/me');
  return { ...example, timestamp: '2026-01-31T09:26:03.114Z' };
}

/** Refers to the answers that many share, gives each other one its words and headers, and adds the 500 that no route can rule out. */
export function completeAnswers(isGuarded: boolean, answers: Answers): void {
  answers[500] = { $ref: '#/components/responses/InternalServerError' };
  for (const [status, answer] of Object.entries(answers)) {
    if ('$ref' in answer) continue;
    const shared = nameOfShared(status, answer, isGuarded);
    if (shared !== undefined) answers[status] = { $ref: `#/components/responses/${shared}` };
    if (answer.description === 'Default Response') answer.description = ownWords[status] ?? '';
    answer.headers = { ...headersOf(status), ...answer.headers };
  }
}

function nameOfShared(status: string, { content }: Answer, isGuarded: boolean): string | undefined {
  if (status === '204') return noContent;
  if (!content?.['application/json']?.schema?.$ref?.endsWith('/Error')) return undefined;
  if (status === '401') return isGuarded ? 'Unauthorized' : 'WrongCredentials';
  return Object.keys(failures).find((name) => failureStatus(name) === status);
}

function failureStatus(name: string): string {
  const failure = failures[name];
  return failure === undefined ? '' : String(errorStatuses[failure.error]);
}

/** The shared answers for the components: the common ones, and every other that two operations give. */
export function shareAnswers(operations: readonly Answers[]): Record<string, Answer> {
  const shared = { ...commonAnswers };
  const given = operations.flatMap((answers) => Object.values(answers)).map((one) => JSON.stringify(one));
  for (const answers of operations) {
    for (const [status, answer] of Object.entries(answers)) {
      const name = schemaNameOf(answer);
      const text = JSON.stringify(answer);
      if ('$ref' in answer || name === undefined || given.filter((one) => one === text).length < 2) continue;
      shared[name] ??= answer;
      if (JSON.stringify(shared[name]) === text) answers[status] = { $ref: `#/components/responses/${name}` };
    }
  }
  return shared;
}

function schemaNameOf(answer: Answers[string]): string | undefined {
  return '$ref' in answer ? undefined : answer.content?.['application/json']?.schema?.$ref?.split('/').at(-1);
}
