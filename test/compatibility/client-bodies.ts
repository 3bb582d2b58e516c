import type { Answer } from '../answer.ts';
import type { Api } from '../api.ts';

type Call = (method: string, path: string, body?: object, token?: string) => Promise<Answer>;

/** Requests as Python's `requests` sends them: JSON with spaces, in ASCII only. */
export function pythonRequests(api: Api): Call {
  return (method, path, body, token) =>
    api.request(method, path, undefined, {
      headers: {
        'user-agent': 'python-requests/2.31.0',
        'accept-encoding': 'gzip, deflate',
        accept: '*/*',
        connection: 'keep-alive',
      },
      ...(body === undefined ? {} : { rawBody: pythonJson(body) }),
      ...(token === undefined ? {} : { token }),
    });
}

/** The output of `json.dumps` for a flat object. */
function pythonJson(body: object): string {
  const members = Object.entries(body).map(
    ([name, value]) => `"${name}": ${JSON.stringify(value)}`,
  );
  return `{${members.join(', ')}}`.replaceAll(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/**
 * Requests as Postman sends them: a pretty-printed body, and a content type even without a body.
 */
export function postman(api: Api): Call {
  return (method, path, body, token) =>
    api.request(method, path, undefined, {
      headers: {
        'content-type': 'application/json',
        'user-agent': 'PostmanRuntime/7.36.0',
        accept: '*/*',
        'cache-control': 'no-cache',
        'postman-token': '6f1c6e0e-7d0c-4c4e-9c6b-0d8d3a4f1b2a',
        'accept-encoding': 'gzip, deflate, br',
        connection: 'keep-alive',
      },
      ...(body === undefined
        ? {}
        : { rawBody: `${JSON.stringify(body, null, 4).replaceAll('\n', '\r\n')}\r\n` }),
      ...(token === undefined ? {} : { token }),
    });
}
