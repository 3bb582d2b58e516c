export type FieldFault = { field: string; message: string; type: string };

type ErrorBody = {
  error?: string;
  message?: string;
  request_id?: string;
  details?: {
    reason?: string;
    field?: string;
    errors?: FieldFault[];
    methods?: string[];
    challenge?: string;
    puzzle?: string;
  };
};

/** The service refused a request; `message` is its own text. */
export class ApiError extends Error {
  readonly status: number;
  /** A finer code for programs, such as `reauthentication_required`. */
  readonly reason: string | null;
  /** What the account can prove itself with: `password`, `code`, `passkey`. */
  readonly methods: readonly string[];
  /** Of `second_factor_required`: for `completeSignIn`. */
  readonly challenge: string | null;
  /** Of `challenge_required`: what the client solves by itself. */
  readonly puzzle: string | null;
  /** What to fix: all faults of a 422, and the name that is taken of a 409. */
  readonly faults: readonly FieldFault[];
  /** To quote to the operator: the log has the same. */
  readonly requestId: string | null;
  /** When a later request may succeed. */
  readonly retryAfterSeconds: number | null;

  constructor(status: number, body: ErrorBody, headers: Headers) {
    super(body.message ?? `The service answered with status ${status}`);
    this.name = body.error ?? 'ApiError';
    this.status = status;
    this.reason = body.details?.reason ?? null;
    this.methods = body.details?.methods ?? [];
    this.challenge = body.details?.challenge ?? null;
    this.puzzle = body.details?.puzzle ?? null;
    this.faults = body.details?.errors ?? takenName(body);
    this.requestId = body.request_id ?? headers.get('x-request-id');
    this.retryAfterSeconds = retryAfterOf(headers);
  }
}

/** No answer came: the service may have carried the request out or not. */
export class NetworkError extends Error {
  constructor(cause: unknown) {
    super('The service cannot be reached', { cause });
    this.name = 'NetworkError';
  }
}

function takenName({ message = '', details }: ErrorBody): FieldFault[] {
  return details?.field === undefined ? [] : [{ field: details.field, message, type: 'taken' }];
}

/** Null without a sound header. The service sends seconds; proxies may send a date. */
export function retryAfterOf(headers: Headers): number | null {
  const value = headers.get('retry-after');
  if (value === null) return null;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? null : Math.max(0, Math.ceil(seconds));
}
