import { ApiError, NetworkError, retryAfterOf } from './errors.ts';

export type Sending = {
  fetch: typeof globalThis.fetch;
  baseUrl: string;
  /** A longer `Retry-After` is an error at once. */
  patienceSeconds: number;
  timeoutSeconds: number;
};

export type Request = {
  method: string;
  path: string;
  headers?: Record<string, string>;
  body?: unknown;
  signal?: AbortSignal | undefined;
  /** May be sent again if no answer came: it changes nothing, or has a key. */
  isRepeatable: boolean;
};

export type Received = { status: number; headers: Headers; data: unknown };

const repetitions = 2;
const passing = [502, 503, 504];

/**
 * Sends a request, again where that is safe. Throws `ApiError`, or `NetworkError` without an
 * answer.
 */
export async function send(to: Sending, request: Request): Promise<Received> {
  for (let left = repetitions; ; left -= 1) {
    const response = await attempt(to, request).catch((error: unknown) => {
      if (left === 0 || !request.isRepeatable || request.signal?.aborted) throw error;
      return null;
    });
    const wait = response === null ? backOff(left) : waitBefore(to, request, response);
    if (response !== null && (wait === null || left === 0)) return receive(response);
    await pause((wait ?? 0) * 1000, request.signal);
  }
}

async function attempt(
  to: Sending,
  { method, path, headers, body, signal }: Request,
): Promise<Response> {
  const deadline = AbortSignal.timeout(to.timeoutSeconds * 1000);
  try {
    return await to.fetch(`${to.baseUrl}${path}`, {
      method,
      headers: {
        ...headers,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: signal === undefined ? deadline : AbortSignal.any([deadline, signal]),
      redirect: 'error',
    });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new NetworkError(cause);
  }
}

/** Seconds until the next attempt, or null for none. A 429 was refused before any work. */
function waitBefore(
  to: Sending,
  { isRepeatable }: Request,
  { status, headers }: Response,
): number | null {
  const mayRepeat = status === 429 || (passing.includes(status) && isRepeatable);
  if (!mayRepeat) return null;
  const wait = retryAfterOf(headers) ?? (status === 429 ? Number.POSITIVE_INFINITY : 1);
  return wait <= to.patienceSeconds ? wait : null;
}

function backOff(left: number): number {
  return 0.3 * 2 ** (repetitions - left) * (1 + Math.random());
}

async function receive(response: Response): Promise<Received> {
  const { status, headers } = response;
  const isJson = headers.get('content-type')?.includes('json') ?? false;
  let data: unknown = null;
  try {
    if (status !== 204 && isJson) data = await response.json();
  } catch (cause) {
    throw new NetworkError(cause);
  }
  if (!response.ok) throw new ApiError(status, data ?? {}, headers);
  return { status, headers, data };
}

function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    });
  });
}
