import { AppError, type ErrorDetails, type ErrorName } from '../../errors.ts';
import { type ErrorAnswer, errorAnswer } from '../../platform/http/error-answers.ts';

export type Answers = Record<
  string,
  {
    description: string;
    headers?: Record<string, object>;
    content?: Record<string, { schema?: { $ref?: string }; example?: unknown }>;
  }
>;

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

const successes: Record<string, string> = { 200: 'Done', 201: 'Created', 202: 'Accepted; it is done soon' };

type Failure = { description: string; error: ErrorName; message: string; details?: ErrorDetails };

const failures: Record<string, Failure> = {
  400: {
    description: 'The request is well-formed and can not be done',
    error: 'BadRequestError',
    message: 'The current password is not right',
  },
  401: {
    description: 'No access token, or one that is not or no longer valid',
    error: 'AuthenticationError',
    message: 'The access token is not valid',
  },
  403: {
    description: 'The right person without the right',
    error: 'AuthorizationError',
    message: 'You are not allowed to do this',
  },
  404: { description: 'There is no such thing', error: 'NotFoundError', message: 'There is no such thing' },
  409: {
    description: 'Taken, or in conflict with the present state; `details` says which',
    error: 'DuplicateRecordError',
    message: 'This email is already registered',
    details: { field: 'email', resource: 'user' },
  },
  413: {
    description: 'The body has more than 64 KiB',
    error: 'PayloadTooLargeError',
    message: 'The request body is too large',
  },
  415: {
    description: 'The body is not `application/json`',
    error: 'UnsupportedMediaTypeError',
    message: 'Send the request body as application/json',
  },
  422: {
    description: 'The request does not fit; `details.errors` names all faults at once',
    error: 'ValidationError',
    message: 'The request is not valid',
    details: {
      errors: [{ field: 'email', message: 'is not a plain e-mail address', type: 'invalid_format' }],
    },
  },
  429: {
    description: 'Too many requests; `Retry-After` says in how many seconds the next one is served',
    error: 'RateLimitExceeded',
    message: 'Too many requests; try again later',
  },
  500: {
    description: 'Something that nobody foresaw; the log has it under the `request_id`',
    error: 'InternalServerError',
    message: 'An unexpected error occurred',
  },
  503: {
    description: 'Not now: the database is away, or too much is waiting',
    error: 'ServiceUnavailableError',
    message: 'The service is temporarily unavailable',
  },
};

const wrongCredentials: Failure = {
  description: 'Wrong credentials, or a token that is not or no longer valid',
  error: 'AuthenticationError',
  message: 'Invalid username or password',
};

/** Gives every answer its words, its example and its headers, and adds the 500 that no route can rule out. */
export function completeAnswers(path: string, isGuarded: boolean, answers: Answers): void {
  answers[500] ??= {
    description: 'Default Response',
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
  };
  for (const [status, answer] of Object.entries(answers)) {
    const failure = status === '401' && !isGuarded ? wrongCredentials : failures[status];
    const body = answer.content?.['application/json'];
    if (answer.description === 'Default Response') {
      answer.description = failure?.description ?? successes[status] ?? answer.description;
    }
    if (failure && body?.schema?.$ref?.endsWith('/Error')) body.example = exampleOf(failure, path);
    answer.headers = { ...headersOf(status), ...answer.headers };
  }
}

function headersOf(status: string): Record<string, object> {
  const isRefusal = status === '429' || status === '503';
  const names = Object.keys(isRefusal ? headerObjects : everywhere);
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

function exampleOf({ error, message, details }: Failure, path: string): ErrorAnswer {
  const known = new AppError(error, message, details ? { details } : {});
  const example = errorAnswer(known, '2bcc1c11-6220-484a-bf8a-9ecdd384b026', path);
  return { ...example, timestamp: '2026-01-31T09:26:03.114Z' };
}
