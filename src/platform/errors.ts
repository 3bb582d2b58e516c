/** The closed catalogue of public errors: name → status. Nothing else ever leaves the service. */
export const errorStatuses = {
  BadRequestError: 400,
  AuthenticationError: 401,
  AuthorizationError: 403,
  NotFoundError: 404,
  MethodNotAllowedError: 405,
  RequestTimeoutError: 408,
  ConflictError: 409,
  DuplicateRecordError: 409,
  PreconditionFailedError: 412,
  PayloadTooLargeError: 413,
  URITooLongError: 414,
  UnsupportedMediaTypeError: 415,
  ExpectationFailedError: 417,
  ValidationError: 422,
  UpgradeRequiredError: 426,
  RateLimitExceeded: 429,
  RequestHeaderFieldsTooLargeError: 431,
  InternalServerError: 500,
  ServiceUnavailableError: 503,
  TimeoutError: 504,
} as const;

export type ErrorName = keyof typeof errorStatuses;

export type FieldFault = { field: string; message: string; type: string };

export type Resource = 'user' | 'admin' | 'mail';

export type ErrorDetails = {
  /** The finer code for programs, e.g. `refresh_token_rotated`. */
  reason?: string;
  /** The field of a duplicate. */
  field?: string;
  /** Of a 409: what is already there, or is not in the state for it. */
  resource?: Resource;
  /** All faults of a 422 at once. */
  errors?: FieldFault[];
};

type AppErrorOptions = { details?: ErrorDetails; headers?: Record<string, string>; cause?: unknown };

/** The one error that becomes an answer as it stands: its message is public, its cause goes to the log only. */
export class AppError extends Error {
  readonly status: number;
  readonly details: ErrorDetails | undefined;
  readonly headers: Record<string, string>;

  constructor(name: ErrorName, message: string, options: AppErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.name = name;
    this.status = errorStatuses[name];
    this.details = options.details;
    this.headers = options.headers ?? {};
  }
}

export function badRequest(message: string, reason?: string): AppError {
  return new AppError('BadRequestError', message, withReason(reason));
}

export function unauthenticated(message = 'Authentication is required', reason?: string): AppError {
  return new AppError('AuthenticationError', message, withReason(reason));
}

/** One text for every wrong sign-in, whatever was wrong (ASVS V6.3.8). */
export function wrongCredentials(): AppError {
  return unauthenticated('Invalid username or password');
}

export function forbidden(message = 'You are not allowed to do this', reason?: string): AppError {
  return new AppError('AuthorizationError', message, withReason(reason));
}

export function notFound(message: string): AppError {
  return new AppError('NotFoundError', message);
}

export function conflict(message: string, reason: string, resource: Resource): AppError {
  return new AppError('ConflictError', message, { details: { reason, resource } });
}

export function duplicate(field: 'email' | 'username', resource: 'user' | 'admin'): AppError {
  const message = field === 'email' ? 'This email is already registered' : 'This username is already taken';
  return new AppError('DuplicateRecordError', message, { details: { field, resource } });
}

export function invalid(...errors: FieldFault[]): AppError {
  return new AppError('ValidationError', 'The request is not valid', { details: { errors } });
}

/** `retryAfterSeconds` is the truth: before it the answer is the same, after it the next request is served. */
export function rateLimited(retryAfterSeconds: number): AppError {
  return new AppError('RateLimitExceeded', 'Too many requests; try again later', {
    headers: { 'retry-after': String(retryAfterSeconds) },
  });
}

/** `retryAfterSeconds` defaults to one to three seconds, spread so that refused clients do not return together. */
export function unavailable(
  cause?: unknown,
  retryAfterSeconds = 1 + Math.floor(Math.random() * 3),
): AppError {
  return new AppError('ServiceUnavailableError', 'The service is temporarily unavailable', {
    headers: { 'retry-after': String(retryAfterSeconds) },
    cause,
  });
}

function withReason(reason: string | undefined): AppErrorOptions {
  return reason === undefined ? {} : { details: { reason } };
}
