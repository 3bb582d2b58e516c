import assert from 'node:assert/strict';
import fc from 'fast-check';
import { adminRealm, userRealm } from '../../src/domain/realms/realms.ts';
import type { Answer } from '../answer.ts';
import { type DescribedOperation, describedOperations } from '../attacks/described-fields.ts';
import { createAnswerCheck } from './answer-schemas.ts';
import { type FuzzRequest, requestsOf, validRequestsOf } from './fuzz-request.ts';
import {
  createSupplies,
  type FuzzTarget,
  realmOf,
  type Supplies,
  type Supply,
} from './supplies.ts';

/** How often each operation was requested, and how often a valid request succeeded. */
export type Tally = {
  name: string;
  requests: number;
  successes: number;
  statuses: Record<number, number>;
};

type Options = { runs: number; seed: number; suppliesPerOperation: number };

/**
 * Sends each operation of /openapi.json the given number of valid and invalid requests, and checks
 * every answer against the document and the common invariants. A failure reports the smallest
 * failing request and the seed.
 */
export async function fuzz(target: FuzzTarget, options: Options): Promise<Tally[]> {
  const document = (await target.api.get('/openapi.json')).body;
  const check = createAnswerCheck(document);
  const supplies = createSupplies(target);
  const tallies: Tally[] = [];
  for (const described of await operationsOf(target)) {
    const tally = {
      name: `${described.method} ${described.path}`,
      requests: 0,
      successes: 0,
      statuses: {},
    };
    tallies.push(tally);
    const sparing = {
      supplies: options.suppliesPerOperation,
      actors: options.suppliesPerOperation,
    };
    await fuzzOperation({ target, supplies, check, described, tally, sparing, ...options });
  }
  return tallies;
}

/** Operations that need a mail come first, while few are queued. */
async function operationsOf({ api }: FuzzTarget): Promise<DescribedOperation[]> {
  const wantsMail = ({ operation }: DescribedOperation) =>
    'token' in (operation.requestBody?.content['application/json'].schema.properties ?? {});
  const operations = await describedOperations(api);
  return operations.toSorted((one, other) => Number(wantsMail(other)) - Number(wantsMail(one)));
}

type Run = Options & {
  target: FuzzTarget;
  supplies: Supplies;
  check: ReturnType<typeof createAnswerCheck>;
  described: DescribedOperation;
  tally: Tally;
  /** How many accounts this operation may still use up. */
  sparing: { supplies: number; actors: number };
};

async function fuzzOperation(run: Run): Promise<void> {
  const { supplies, check, described, tally, sparing, runs, seed } = run;
  const property = fc.asyncProperty(requestsOf(described), async (request) => {
    const isSupplied = request.isValid && sparing.supplies > 0;
    if (isSupplied) sparing.supplies -= 1;
    // Until its first success a request has no optional members that could be in the way.
    const isFirst = request.isValid && tally.successes === 0;
    const asked = isFirst ? withoutOptional(described, request) : request;
    const answer = await ask(run, asked, isSupplied ? await supplies.supply(described) : {});
    tally.requests += 1;
    tally.statuses[answer.status] = (tally.statuses[answer.status] ?? 0) + 1;
    // The way to a provider and back is a redirect.
    if (request.isValid && answer.status < 400) tally.successes += 1;
    check(described, answer, request.isValid);
  });
  // Even few runs include some valid requests.
  const examples = fc
    .sample(validRequestsOf(described), { numRuns: 2, seed })
    .map((one) => [one] as [FuzzRequest]);
  const outcome = await fc.check(property, { numRuns: runs, seed, examples });
  const { failed, counterexample, errorInstance } = outcome;
  if (!failed) return;
  const shown = fc.stringify(counterexample?.[0]);
  throw new Error(`FUZZ_SEED=${seed} ${tally.name}: ${errorInstance}\nrequested by ${shown}`, {
    cause: errorInstance,
  });
}

function withoutOptional({ operation }: DescribedOperation, request: FuzzRequest): FuzzRequest {
  const bare: FuzzRequest = { ...request, headers: {}, query: [] };
  if (request.body === null || !('members' in request.body)) return bare;
  const required = new Set(
    operation.requestBody?.content['application/json'].schema.required ?? [],
  );
  const members = Object.entries(request.body.members).filter(([name]) => required.has(name));
  return { ...bare, body: { members: Object.fromEntries(members) } };
}

/** A guarded route accepts the account's own fresh token, whatever was requested before. */
async function ask(run: Run, request: FuzzRequest, supply: Supply): Promise<Answer> {
  const { supplies, described, sparing } = run;
  const answer = await send(run, request, supply);
  if (
    answer.status !== 401 ||
    request.credentials !== 'own' ||
    !takesToken(described) ||
    sparing.actors === 0
  )
    return answer;
  sparing.actors -= 1;
  supplies.replaceActor(realmOf(described.path));
  const again = await send(run, request, supply);
  assert.notEqual(again.status, 401, `a fresh token is refused: ${again.text}`);
  return again;
}

async function send(run: Run, request: FuzzRequest, supply: Supply): Promise<Answer> {
  const { method, path } = run.described;
  const authorization = await authorizationFor(run, request, supply);
  const body = bodyOf(request, supply);
  const headers: Record<string, string> = {
    ...(body === undefined ? {} : { 'content-type': request.contentType }),
    ...(authorization === undefined ? {} : { authorization }),
    ...request.headers,
  };
  const options = { headers, ...(body === undefined ? {} : { rawBody: body }) };
  return run.target.api.request(method, targetOf(path, request, supply), undefined, options);
}

async function authorizationFor(
  { supplies, described, target }: Run,
  { credentials }: FuzzRequest,
  { token }: Supply,
): Promise<string | undefined> {
  if (typeof credentials === 'object') return credentials.header;
  if (credentials === 'none' || !takesToken(described)) return undefined;
  if (credentials === 'own' && takesServiceToken(described)) return `Bearer ${target.serviceToken}`;
  const own = realmOf(described.path);
  const other = own === userRealm ? adminRealm : userRealm;
  const actor = await supplies.actor(credentials === 'own' ? own : other);
  return `Bearer ${(credentials === 'own' ? token : undefined) ?? actor.accessToken}`;
}

/** A cookie is not an access token. */
function takesToken({ operation }: DescribedOperation): boolean {
  const kinds = ['userToken', 'adminToken', 'serviceToken'];
  return operation.security.some((way) => kinds.some((kind) => kind in way));
}

function takesServiceToken({ operation }: DescribedOperation): boolean {
  return operation.security.some((way) => 'serviceToken' in way);
}

function bodyOf({ body }: FuzzRequest, supply: Supply): string | undefined {
  if (body === null) return supply.body && JSON.stringify(supply.body);
  return 'raw' in body ? body.raw : JSON.stringify({ ...body.members, ...supply.body });
}

function targetOf(path: string, request: FuzzRequest, supply: Supply): string {
  const values = { ...request.path, ...supply.path };
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => escaped(values[name] ?? ''));
  const query = request.query
    .map(([name, value]) => `${escaped(name)}=${escaped(value)}`)
    .join('&');
  return query === '' ? filled : `${filled}?${query}`;
}

/**
 * Escapes a dot too, so that no client resolves it as a path; a lone surrogate becomes invalid
 * UTF-8.
 */
function escaped(text: string): string {
  const wellFormed = (part: string) =>
    encodeURIComponent(part.toWellFormed()).replaceAll('.', '%2E');
  return text.isWellFormed() ? wellFormed(text) : `%ED%A0%80${wellFormed(text)}`;
}

/**
 * The seed from the environment, to repeat a failure; otherwise the fixed one, or a new one each
 * time.
 */
export function fuzzSeed(usual: number = Date.now() % 2 ** 31): number {
  return Number(process.env.FUZZ_SEED ?? usual);
}
