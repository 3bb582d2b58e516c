import {
  AppError,
  type ErrorDetails,
  type ErrorName,
  errorStatuses,
} from '../../platform/errors.ts';
import { type ErrorAnswer, errorAnswer } from '../../platform/http/error-answers.ts';

type Content = Record<string, { schema?: { $ref?: string }; example?: unknown }>;
type Answer = { description: string; headers?: Record<string, object>; content?: Content };
type Reference = { $ref: string };
export type Answers = Record<string, Answer | Reference>;

const whereCounted =
  'Only if the request counts against its client address. With a valid token it counts against the account, whose counter is not shown.';
const count = { type: 'integer', format: 'int32', minimum: 0, maximum: 2_147_483_647 };

const everywhere = {
  'Access-Control-Allow-Origin': {
    description: 'The origin of the request if it is one of `CORS_ORIGINS`; absent otherwise',
    schema: { type: 'string', format: 'uri', maxLength: 300 },
    example: 'https://app.example.com',
  },
  'X-RateLimit-Limit': {
    description: `Requests per hour. ${whereCounted}`,
    schema: count,
    example: 200,
  },
  'X-RateLimit-Remaining': {
    description: `Requests left. ${whereCounted}`,
    schema: count,
    example: 137,
  },
  'X-RateLimit-Reset': {
    description: `Seconds until the full number is available again. ${whereCounted}`,
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

const ofVersion = {
  ETag: {
    description: 'The version of the account, for `If-Match`',
    schema: { type: 'string', maxLength: 100 },
    example: '"mGkeH2nbqLV8QwLkq0cZ4rTj"',
  },
};

/** For the components. `RateLimit` and `RateLimit-Policy` carry the same in the IETF's format. */
export const headerObjects = { ...everywhere, ...afterRefusal, ...ofVersion };

const ownWords: Record<string, string> = {
  200: 'Done',
  201: 'Created',
  202: 'Accepted; it will be done soon',
  503: 'Unable to serve; the body says why',
};

type Failure = { error: ErrorName; description: string; message: string; details?: ErrorDetails };

/** Keyed by their names among the components. */
const failures: Record<string, Failure> = {
  BadRequest: {
    error: 'BadRequestError',
    description: 'The request is well-formed but cannot be carried out',
    message: 'The current password is incorrect',
  },
  Unauthorized: {
    error: 'AuthenticationError',
    description: 'The access token is missing, invalid or expired',
    message: 'The access token is not valid',
  },
  WrongCredentials: {
    error: 'AuthenticationError',
    description: 'Wrong credentials, or a token that is invalid or expired',
    message: 'Invalid username or password',
  },
  Forbidden: {
    error: 'AuthorizationError',
    description: 'Authenticated, but not allowed',
    message: 'You are not allowed to do this',
  },
  NotFound: {
    error: 'NotFoundError',
    description: 'The resource does not exist',
    message: 'User not found',
  },
  Conflict: {
    error: 'DuplicateRecordError',
    description: 'Already taken, or in conflict with the current state; `details` says which',
    message: 'This email is already registered',
    details: { field: 'email', resource: 'user' },
  },
  PreconditionFailed: {
    error: 'PreconditionFailedError',
    description: 'The resource is not the version that `If-Match` names',
    message: 'The resource has changed since: read it again',
  },
  PayloadTooLarge: {
    error: 'PayloadTooLargeError',
    description: 'The body is larger than 64 KiB',
    message: 'The request body is too large',
  },
  UnsupportedMediaType: {
    error: 'UnsupportedMediaTypeError',
    description: 'The body is not `application/json`',
    message: 'Send the request body as application/json',
  },
  InvalidRequest: {
    error: 'ValidationError',
    description: 'The request is invalid; `details.errors` lists all faults',
    message: 'The request is not valid',
    details: {
      errors: [
        { field: 'email', message: 'is not a plain e-mail address', type: 'invalid_format' },
      ],
    },
  },
  ChallengeRequired: {
    error: 'PreconditionRequiredError',
    description:
      'With `ABUSE_CHALLENGE`: send the request again with the solution of `details.puzzle` in `X-Puzzle-Solution`',
    message: 'Solve the puzzle, and send the request again with its solution',
    details: {
      reason: 'challenge_required',
      puzzle: 'eyJwYXJhbWV0ZXJzIjp7ImFsZ29yaXRobSI6…',
      expires_in: 300,
    },
  },
  TooManyRequests: {
    error: 'RateLimitExceeded',
    description: 'Too many requests; `Retry-After` gives the seconds until the next one is served',
    message: 'Too many requests; try again later',
  },
  InternalServerError: {
    error: 'InternalServerError',
    description: 'Unexpected error, logged under the `request_id`',
    message: 'An unexpected error occurred',
  },
  ServiceUnavailable: {
    error: 'ServiceUnavailableError',
    description:
      'Temporarily unavailable: the database is unreachable, or the service is overloaded',
    message: 'The service is temporarily unavailable',
  },
};

const noContent = 'NoContent';

/** Responses that need no schema of a route. */
const commonAnswers: Record<string, Answer> = {
  [noContent]: { description: 'Done; no content', headers: headersOf('204') },
  ...Object.fromEntries(
    Object.entries(failures).map(([name, failure]) => [name, answerOf(failure)]),
  ),
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
  const names = Object.keys(isRefusal ? { ...everywhere, ...afterRefusal } : everywhere);
  return Object.fromEntries(names.map((name) => [name, reference(name)]));
}

function reference(header: string) {
  return { $ref: `#/components/headers/${header}` };
}

function exampleOf({ error, message, details }: Failure): ErrorAnswer {
  const known = new AppError(error, message, details ? { details } : {});
  const example = errorAnswer(known, '2bcc1c11-6220-484a-bf8a-9ecdd384b026', '/api/users/me');
  return { ...example, timestamp: '2026-01-31T09:26:03.114Z' };
}

/** References for common responses, text and headers for others, and the 500 of every route. */
export function completeAnswers(isGuarded: boolean, answers: Answers): void {
  answers[500] = { $ref: '#/components/responses/InternalServerError' };
  for (const [status, answer] of Object.entries(answers)) {
    if ('$ref' in answer) continue;
    // A redirect has no body.
    if (status.startsWith('3')) delete answer.content;
    const shared = nameOfShared(status, answer, isGuarded);
    if (shared !== undefined) answers[status] = { $ref: `#/components/responses/${shared}` };
    if (answer.description === 'Default Response') answer.description = ownWords[status] ?? '';
    const tag = status === '200' && isVersioned(answer) ? { ETag: reference('ETag') } : {};
    answer.headers = { ...headersOf(status), ...tag, ...answer.headers };
  }
}

/** A single account. */
function isVersioned(answer: Answer): boolean {
  const name = answer.content?.['application/json']?.schema?.$ref?.split('/').at(-1) ?? '';
  return ['User', 'UserDetail', 'Admin'].includes(name);
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

/** Responses for the components: the common ones, and those that several operations have. */
export function shareAnswers(operations: readonly Answers[]): Record<string, Answer> {
  const shared = { ...commonAnswers };
  const given = operations
    .flatMap((answers) => Object.values(answers))
    .map((one) => JSON.stringify(one));
  for (const answers of operations) {
    for (const [status, answer] of Object.entries(answers)) {
      const name = nameOfRepeated(status, answer);
      const text = JSON.stringify(answer);
      if ('$ref' in answer || name === undefined || given.filter((one) => one === text).length < 2)
        continue;
      shared[name] ??= answer;
      if (JSON.stringify(shared[name]) === text)
        answers[status] = { $ref: `#/components/responses/${name}` };
    }
  }
  return shared;
}

/** A 200 and a 201 with the same schema have different descriptions. */
function nameOfRepeated(status: string, answer: Answers[string]): string | undefined {
  const { $ref } =
    ('$ref' in answer ? undefined : answer.content?.['application/json']?.schema) ?? {};
  const schema = $ref?.split('/').at(-1);
  return schema !== undefined && status === '201' ? `Created${schema}` : schema;
}
