import { AppError, type ErrorDetails, type ErrorName } from '../../errors.ts';
import { type ErrorAnswer, errorAnswer } from '../../platform/http/error-answers.ts';

type Response = {
  description: string;
  content?: Record<string, { schema?: { $ref?: string }; example?: unknown }>;
};

type Operation = { operationId?: string; security?: object[]; responses?: Record<string, Response> };

type ApiDocument = {
  paths?: Record<string, Record<string, Operation>>;
  components?: { schemas?: Record<string, unknown> };
};

/** Says for every operation what its route leaves out, and drops the schemas that none of them uses. */
export function completeDocument<T extends object>(document: T): T {
  const { paths = {}, components } = document as ApiDocument;
  for (const [path, operations] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      operation.operationId = operationIdOf(method, path);
      operation.security ??= [];
      describeResponses(path, operation);
    }
  }
  dropUnusedSchemas(paths, components?.schemas ?? {});
  return document;
}

/** `delete /api/users/me/sessions/{id}` is `deleteUsersMeSessionsById`: what a generated client calls its function. */
function operationIdOf(method: string, path: string): string {
  const words = path
    .replace(/^\/api\//, '')
    .replaceAll('{', 'by/')
    .split(/\W+/)
    .filter(Boolean);
  const name = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  return `${method}${name || 'Root'}`;
}

const successes: Record<string, string> = { 200: 'Done', 201: 'Created', 202: 'Accepted; it is done soon' };

type Failure = { description: string; error: ErrorName; message: string; details?: ErrorDetails };

const failures: Record<string, Failure> = {
  400: {
    description: 'The request is well-formed and can not be done',
    error: 'BadRequestError',
    message: 'The current password is not correct',
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
    details: { field: 'email' },
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

function describeResponses(path: string, { security = [], responses = {} }: Operation): void {
  for (const [status, response] of Object.entries(responses)) {
    const failure = status === '401' && security.length === 0 ? wrongCredentials : failures[status];
    const body = response.content?.['application/json'];
    if (response.description === 'Default Response') {
      response.description = failure?.description ?? successes[status] ?? response.description;
    }
    if (failure && body?.schema?.$ref?.endsWith('/Error')) body.example = exampleOf(failure, path);
  }
}

function exampleOf({ error, message, details }: Failure, path: string): ErrorAnswer {
  const known = new AppError(error, message, details ? { details } : {});
  const example = errorAnswer(known, '2bcc1c11-6220-484a-bf8a-9ecdd384b026', path);
  return { ...example, timestamp: '2026-01-31T09:26:03.114Z' };
}

/** The type provider describes each schema as input and as output; one of the two is often used by nobody. */
function dropUnusedSchemas(paths: object, schemas: Record<string, unknown>): void {
  const used = new Set<string>();
  const pending = referencesIn(paths);
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (used.has(name)) continue;
    used.add(name);
    pending.push(...referencesIn(schemas[name]));
  }
  for (const name of Object.keys(schemas)) if (!used.has(name)) delete schemas[name];
}

function referencesIn(value: unknown): string[] {
  const text = JSON.stringify(value) ?? '';
  return [...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name = '']) => name);
}
