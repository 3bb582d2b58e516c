import type { Answer } from '../answer.ts';
import type { Api } from '../api.ts';

type Call = (method: string, path: string, body?: object, token?: string) => Promise<Answer>;

/** Requests as Python's `requests` makes them: spaces in the JSON, and nothing in it but ASCII. */
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

/** As `json.dumps` writes a flat object. */
function pythonJson(body: object): string {
  const members = Object.entries(body).map(([name, value]) => `"${name}": ${JSON.stringify(value)}`);
  return `{${members.join(', ')}}`.replaceAll(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Requests as Postman makes them: a body over several lines, and the type of a body even where there is none. */
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
