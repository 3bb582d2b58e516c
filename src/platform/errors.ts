/** The closed catalogue of public errors: name → status. Clients never see any other error. */
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
  PreconditionRequiredError: 428,
  RateLimitExceeded: 429,
  RequestHeaderFieldsTooLargeError: 431,
  InternalServerError: 500,
  ServiceUnavailableError: 503,
  TimeoutError: 504,
} as const;

export type ErrorName = keyof typeof errorStatuses;

export type FieldFault = { field: string; message: string; type: string };

export type Resource = 'user' | 'admin' | 'mail' | 'passkey' | 'identity';

export type ErrorDetails = {
  /** A more specific, machine-readable code, e.g. `refresh_token_rotated`. */
  reason?: string;
  /** The field whose value is already taken. */
  field?: string;
  /** For a 409: the kind of resource that already exists or is in the wrong state. */
  resource?: Resource;
  /** For a 422: all validation errors. */
  errors?: FieldFault[];
  /** What the account can prove itself with: `password`, `code`, `passkey`. */
  methods?: string[];
  /** For a sign-in that wants a second factor: the token of its second step. */
  challenge?: string;
  /** How long the challenge or the puzzle is good, in seconds. */
  expires_in?: number;
  /** To be solved before the request is sent again. */
  puzzle?: string;
};

type AppErrorOptions = {
  details?: ErrorDetails;
  headers?: Record<string, string>;
  cause?: unknown;
};

/** The only error sent to clients as it is: its message is public, its cause is only logged. */
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

/** The same text for every failed sign-in, to prevent user enumeration (ASVS V6.3.8). */
export function wrongCredentials(): AppError {
  return unauthenticated('Invalid username or password');
}

export function forbidden(message = 'You are not allowed to do this', reason?: string): AppError {
  return new AppError('AuthorizationError', message, withReason(reason));
}

/** `methods`: what the account can prove itself with. */
export function reauthenticationRequired(methods: string[]): AppError {
  const details = { reason: 'reauthentication_required', methods };
  return new AppError('AuthorizationError', 'Prove again that it is you', { details });
}

export function secondFactorRequired(details: {
  challenge: string;
  methods: string[];
  expires_in: number;
}): AppError {
  const message = 'The second factor is required';
  return new AppError('AuthenticationError', message, {
    details: { reason: 'second_factor_required', ...details },
  });
}

export function notFound(message: string): AppError {
  return new AppError('NotFoundError', message);
}

export function conflict(message: string, reason: string, resource: Resource): AppError {
  return new AppError('ConflictError', message, { details: { reason, resource } });
}

export function duplicate(field: 'email' | 'username', resource: 'user' | 'admin'): AppError {
  const message =
    field === 'email' ? 'This email is already registered' : 'This username is already taken';
  return new AppError('DuplicateRecordError', message, { details: { field, resource } });
}

export function preconditionFailed(): AppError {
  return new AppError('PreconditionFailedError', 'The resource has changed since: read it again');
}

/** Not 403: nobody lacks a right. Not 429: waiting alone does not help. */
export function challengeRequired(details: { puzzle: string; expires_in: number }): AppError {
  const message = 'Solve the puzzle, and send the request again with its solution';
  return new AppError('PreconditionRequiredError', message, {
    details: { reason: 'challenge_required', ...details },
  });
}

export function invalid(...errors: FieldFault[]): AppError {
  return new AppError('ValidationError', 'The request is not valid', { details: { errors } });
}

/** `retryAfterSeconds` is exact: an earlier request is refused, a later one is served. */
export function rateLimited(retryAfterSeconds: number): AppError {
  return new AppError('RateLimitExceeded', 'Too many requests; try again later', {
    headers: { 'retry-after': String(retryAfterSeconds) },
  });
}

/** `retryAfterSeconds` is 1 to 3 at random by default, so that clients do not retry together. */
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
