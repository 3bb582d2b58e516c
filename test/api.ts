import assert from 'node:assert/strict';
import type { Answer } from './answer.ts';
import { assertSoundAnswer } from './sound-answer.ts';

type Options = {
  token?: string;
  headers?: Record<string, string>;
  remoteAddress?: string;
  /** A body that is sent unchanged. */
  rawBody?: string | Buffer;
};

export type InjectedRequest = {
  method: 'GET';
  url: string;
  remoteAddress: string;
  headers: Record<string, string>;
  payload?: string | Buffer;
};

export type InjectedAnswer = {
  statusCode: number;
  headers: Record<string, unknown>;
  payload: string;
};

export type Injectable = { inject(request: InjectedRequest): Promise<InjectedAnswer> };

export type Api = {
  request(method: string, path: string, body?: unknown, options?: Options): Promise<Answer>;
  get(path: string, options?: Options): Promise<Answer>;
  post(path: string, body?: unknown, options?: Options): Promise<Answer>;
  put(path: string, body?: unknown, options?: Options): Promise<Answer>;
  patch(path: string, body?: unknown, options?: Options): Promise<Answer>;
  delete(path: string, options?: Options): Promise<Answer>;
};

/**
 * Requests without a socket. Every answer in every test is checked against the common invariants.
 */
export function createApi(app: Injectable): Api {
  const request: Api['request'] = async (method, path, body, options = {}) => {
    const payload = options.rawBody ?? (body === undefined ? undefined : JSON.stringify(body));
    const response = await app.inject({
      method: method as 'GET',
      url: path,
      remoteAddress: options.remoteAddress ?? '127.0.0.1',
      headers: {
        ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
        ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
        ...options.headers,
      },
      ...(payload === undefined ? {} : { payload }),
    });
    const answer: Answer = {
      status: response.statusCode,
      headers: response.headers as Answer['headers'],
      text: response.payload,
      body: isJson(response) ? JSON.parse(response.payload) : response.payload,
    };
    assertSoundAnswer(answer, { method, path });
    return answer;
  };
  return withMethods(request);
}

/** One function for each method, over one `request`. */
export function withMethods(request: Api['request']): Api {
  return {
    request,
    get: (path, options) => request('GET', path, undefined, options),
    post: (path, body, options) => request('POST', path, body, options),
    put: (path, body, options) => request('PUT', path, body, options),
    patch: (path, body, options) => request('PATCH', path, body, options),
    delete: (path, options) => request('DELETE', path, undefined, options),
  };
}

/** Fails with the whole answer in the message. */
export function assertStatus(answer: Answer, status: number): void {
  assert.equal(answer.status, status, answer.text.slice(0, 1000));
}

/** The answer to a HEAD has the type of a body but no body. */
function isJson({
  headers,
  payload,
}: {
  headers: { 'content-type'?: unknown };
  payload: string;
}): boolean {
  return payload !== '' && String(headers['content-type']).startsWith('application/json');
}
