import assert from 'node:assert/strict';
import { errorStatuses } from '../src/platform/errors.ts';
import type { Answer } from './answer.ts';
import { apiPolicy, forAll, mailboxPolicy, pagePolicy } from './expected-headers.ts';

const uuid4 = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

// No stack frames, SQL, file names or hashes belong in an answer, nor tokens except those of a
// sign-in.
const insides =
  /\bat .*\.ts:\d|node_modules|SELECT |INSERT |\$2[aby]\$|\$argon2|ECONNREFUSED|password_hash/;

type Request = {
  method: string;
  /** The request as sent; empty if the answer comes from the parser, which does not report it. */
  path: string;
  /** For the tests that break the service and expect a 500. */
  breaks?: boolean;
};

/** The invariants of every answer in every test. */
export function assertSoundAnswer(answer: Answer, request: Request): void {
  assertSecurityHeaders(answer);
  assert.match(String(answer.headers['x-request-id']), uuid4);
  if (request.path.startsWith('/api')) assert.equal(answer.headers['cache-control'], 'no-store');
  assert.equal(answer.headers['x-powered-by'], undefined);
  if (answer.status >= 500 && !request.breaks) assert.equal(answer.status, 503, answer.text);
  const type = String(answer.headers['content-type']);
  if (type.startsWith('application/json')) assert.equal(type, 'application/json');
  const isHealth = request.path.startsWith('/health');
  if (answer.status >= 400 && request.method !== 'HEAD' && !isHealth)
    assertErrorShape(answer, request.path);
}

/**
 * Each header exactly once, since a duplicate would make it a list, and with the value for the kind
 * of answer.
 */
function assertSecurityHeaders({ headers }: Answer): void {
  for (const [name, value] of Object.entries(forAll)) assert.equal(headers[name], value, name);
  const policy = headers['content-security-policy'];
  const isJson = String(headers['content-type']).startsWith('application/json');
  // An answer without a body may belong to a page: a redirect, a 304.
  const good = isJson ? [apiPolicy] : [apiPolicy, pagePolicy, mailboxPolicy];
  assert.ok(
    typeof policy === 'string' && good.includes(policy),
    `content-security-policy: ${policy}`,
  );
}

function assertErrorShape(answer: Answer, path: string): void {
  assert.equal(answer.headers['content-type'], 'application/json');
  const {
    error,
    message,
    status_code,
    request_id,
    timestamp,
    path: shownPath,
    details,
    ...rest
  } = answer.body;
  assert.deepEqual(rest, {});
  assert.equal(errorStatuses[error as keyof typeof errorStatuses], answer.status);
  assert.equal(status_code, answer.status);
  assert.equal(typeof message, 'string');
  assert.equal(request_id, answer.headers['x-request-id']);
  assert.match(timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.equal(shownPath, path.split('?')[0]);
  assert.doesNotMatch(JSON.stringify({ error, message, details }), insides);
  if (answer.status === 401) assert.equal(answer.headers['www-authenticate'], 'Bearer');
  if (answer.status === 503) assert.match(String(answer.headers['retry-after']), /^[1-9]\d*$/);
  if (answer.status === 422) assert.ok(details.errors.length > 0, 'a 422 names its errors');
}
