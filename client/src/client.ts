import type { Operations } from './api.ts';
import { ApiError } from './errors.ts';
import { createRefresh } from './refresh.ts';
import { type Received, type Request, send } from './send.ts';
import { type SolvePuzzle, sendWithPuzzle } from './send-with-puzzle.ts';
import type { Session, Tokens } from './session.ts';
import { tokenSession } from './token-session.ts';

export type * from './api.ts';
export { cookieSession } from './cookie-session.ts';
export { ApiError, type FieldFault, NetworkError } from './errors.ts';
export type { SolvePuzzle } from './send-with-puzzle.ts';
export type { Session } from './session.ts';
export { type StoredTokens, type TokenStore, tokenSession } from './token-session.ts';

export type Operation = keyof Operations;
export type Answer<O extends Operation> = Operations[O]['answer'];
type Input<O extends Operation> = Omit<Operations[O], 'answer'> & {
  /** The `etag` of an earlier exchange: 412 if somebody has changed the account since. */
  ifMatch?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
};
/** Left out where nothing is required. */
type Given<O extends Operation> = object extends Input<O> ? [input?: Input<O>] : [input: Input<O>];

export type Exchange<O extends Operation> = {
  data: Answer<O>;
  etag: string | null;
  headers: Headers;
};
export type Credentials = { username: string; password: string };

export type ClientOptions = {
  /** Of the service; by default the page's own. */
  baseUrl?: string;
  realm?: 'user' | 'admin';
  session?: Session;
  fetch?: typeof globalThis.fetch;
  /** How long a call waits for a `Retry-After` before it fails. */
  patienceSeconds?: number;
  timeoutSeconds?: number;
  /** Solves the puzzles of `ABUSE_CHALLENGE` elsewhere, such as in a Web Worker. */
  solvePuzzle?: SolvePuzzle;
  /** The session is over: signed out here or in another tab, revoked, or expired. */
  onSignedOut?: () => void;
};

export type PresentedPasskey = Operations['POST /api/users/login/passkey']['body'];

/** `challenge` is that of the `ApiError` which `signIn` threw. */
export type SecondStep = Operations['POST /api/users/login/second-factor']['body'];

/** A link's token, or a code with the `request_id` of who asked, which is a cookie in cookie mode. */
export type ShownMail = Operations['POST /api/users/login/email/confirm']['body'];

export type AcceptedInvitation = Operations['POST /api/users/invitation/accept']['body'];

export type Client = {
  /** Throws an `ApiError` with the reason `second_factor_required` and a `challenge`, if it is. */
  signIn(credentials: Credentials): Promise<void>;
  completeSignIn(step: SecondStep): Promise<void>;
  /** With what `navigator.credentials.get()` gave, and the challenge that it was asked with. */
  signInWithPasskey(presented: PresentedPasskey): Promise<void>;
  /** Asks for a mail with a link and a code, for users. */
  requestEmailSignIn(
    body: Operations['POST /api/users/login/email']['body'],
  ): Promise<Answer<'POST /api/users/login/email'>>;
  /** Gives where one wanted to go, if that was said. Throws like `signIn`. */
  signInByEmail(shown: ShownMail): Promise<string | null>;
  /** Signs in, too. */
  acceptInvitation(accepted: AcceptedInvitation): Promise<void>;
  /** Ends the session here even if the service cannot be reached; then it throws. */
  signOut(): Promise<void>;
  /** Takes over the session that a sign-in with a provider has left as a cookie; false if none. */
  resume(): Promise<boolean>;
  /** True if there is a session. Renews the access token where needed. */
  isSignedIn(): Promise<boolean>;
  /** `call('GET /api/users/me')`: the answer. Throws `ApiError` or `NetworkError`. */
  call<O extends Operation>(operation: O, ...given: Given<O>): Promise<Answer<O>>;
  /** The same with the headers. */
  exchange<O extends Operation>(operation: O, ...given: Given<O>): Promise<Exchange<O>>;
};

const open =
  /^\/api\/(users|admins)\/(register|login(\/.+)?|invitation\/.+|verify-email|undo)$|^\/api\/password\/(forgot|check-reset|reset)-/;

export function createClient(options: ClientOptions = {}): Client {
  const { baseUrl = '', realm = 'user', session = tokenSession(), patienceSeconds = 3 } = options;
  const { timeoutSeconds = 20, onSignedOut } = options;
  // Called through the global object, which browsers insist on.
  const fetch: typeof globalThis.fetch =
    options.fetch ?? ((...given) => globalThis.fetch(...given));
  const solvePuzzle: SolvePuzzle = options.solvePuzzle ?? solveHere;
  const sending = { fetch, baseUrl, patienceSeconds, timeoutSeconds, solvePuzzle };
  const path = `/api/${realm}s`;
  const lock = `adl:${realm}:${baseUrl}`;
  const refresh = createRefresh({ sending, session, path, lock });
  if (onSignedOut !== undefined) session.onEnd(onSignedOut);

  const accessToken = async (refused: string | null): Promise<string | null> => {
    const known = refused === null ? await session.access() : null;
    if (known !== null) return known.token;
    const hadSession = await session.mayRefresh();
    const renewed = hadSession ? await refresh(refused) : null;
    if (hadSession && renewed === null) onSignedOut?.();
    return renewed?.token ?? null;
  };

  const sendAuthorized = async (request: Request): Promise<Received> => {
    const token = open.test(request.path)
      ? ((await session.access())?.token ?? null)
      : await accessToken(null);
    try {
      return await sendWithPuzzle(sending, withToken(request, token));
    } catch (error) {
      if (token === null || !isExpired(error)) throw error;
      const renewed = await accessToken(token);
      if (renewed === null) throw error;
      return send(sending, withToken(request, renewed));
    }
  };

  const exchange: Client['exchange'] = async (operation, ...given) => {
    const { headers, data } = await sendAuthorized(requestOf(operation, given[0]));
    return { data: data as never, etag: headers.get('etag'), headers };
  };

  const postOpenly = async (route: string, body: object): Promise<unknown> => {
    const to = { method: 'POST', path: path + route, headers: session.headers };
    return (await sendWithPuzzle(sending, { ...to, isRepeatable: false, body })).data;
  };

  const signInAt = async (route: string, body: object): Promise<Tokens> => {
    const tokens = (await postOpenly(route, body)) as Tokens;
    await session.take(tokens);
    return tokens;
  };

  return {
    exchange,
    call: async (operation, ...given) => (await exchange(operation, ...given)).data,
    isSignedIn: async () => (await accessToken(null)) !== null,
    resume: async () => {
      await session.expect?.();
      return (await accessToken(null)) !== null;
    },
    signIn: async (credentials) => void (await signInAt('/login', credentials)),
    signInWithPasskey: async (presented) => void (await signInAt('/login/passkey', presented)),
    completeSignIn: async (step) => void (await signInAt('/login/second-factor', step)),
    requestEmailSignIn: async (body) => (await postOpenly('/login/email', body)) as never,
    signInByEmail: async (shown) =>
      (await signInAt('/login/email/confirm', shown)).return_to ?? null,
    acceptInvitation: async (accepted) => void (await signInAt('/invitation/accept', accepted)),
    signOut: async () => {
      const { body } = await session.credentials();
      await session.forget();
      onSignedOut?.();
      const to = {
        method: 'POST',
        path: `${path}/logout`,
        headers: session.headers,
        isRepeatable: true,
      };
      await send(sending, { ...to, body });
    },
  };
}

/** Loaded where a puzzle is asked for; the work is done beside the thread of the caller. */
const solveHere: SolvePuzzle = async (puzzle, signal) =>
  (await import('./solve-puzzle.ts')).solvePuzzle(puzzle, signal);

function withToken(request: Request, token: string | null): Request {
  if (token === null) return request;
  const isChange = /^(POST|PUT|PATCH)$/.test(request.method);
  // With the key a repetition is answered, not carried out: after a lost answer, and after a
  // refresh.
  const key = isChange ? { 'idempotency-key': crypto.randomUUID() } : {};
  const headers = { authorization: `Bearer ${token}`, ...key, ...request.headers };
  return { ...request, headers, isRepeatable: request.isRepeatable || isChange };
}

/** Not so a wrong password or a missing right. */
function isExpired(error: unknown): boolean {
  return error instanceof ApiError && error.status === 401 && error.reason === null;
}

type AnyInput = {
  path?: object;
  query?: object;
  body?: unknown;
  ifMatch?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
};

function requestOf(operation: string, given: AnyInput = {}): Request {
  const [method = '', template = ''] = operation.split(' ');
  const values = new Map(
    Object.entries(given.path ?? {}).map(([name, value]) => [name, String(value)]),
  );
  const path = template.replaceAll(/\{(\w+)\}/g, (_all, name: string) =>
    encodeURIComponent(values.get(name) ?? ''),
  );
  const query = new URLSearchParams(
    Object.entries(given.query ?? {})
      .filter(([, value]) => value !== undefined && value !== null && value !== '')
      .map(([name, value]) => [name, String(value)]),
  ).toString();
  return {
    method,
    path: query === '' ? path : `${path}?${query}`,
    headers: {
      ...given.headers,
      ...(given.ifMatch === undefined ? {} : { 'if-match': given.ifMatch }),
    },
    body: given.body,
    signal: given.signal,
    isRepeatable: method === 'GET',
  };
}
