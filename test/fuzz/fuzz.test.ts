import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { type TestContext, test } from 'node:test';
import { adminRealm } from '../../src/domain/realms/realms.ts';
import { durations } from '../../src/platform/durations.ts';
import type { Answer } from '../answer.ts';
import { type Api, assertStatus, withMethods } from '../api.ts';
import { newRegistration, signIn } from '../factories.ts';
import { eventually } from '../faults/eventually.ts';
import { startDatabaseService, withoutPostgres } from '../faults/postgres-backed.ts';
import { rssMegabytes } from '../faults/process-figures.ts';
import type { ServerProcess } from '../faults/server-process.ts';
import { withProvider } from '../providers/provider-calls.ts';
import { startTestProvider } from '../providers/test-provider.ts';
import { makeServiceTokens } from '../service-tokens.ts';
import { startSmtpSink } from '../smtp-sink.ts';
import { assertSoundAnswer } from '../sound-answer.ts';
import { fuzz, fuzzSeed } from './fuzz.ts';
import type { FuzzTarget } from './supplies.ts';

const runs = Number(process.env.FUZZ_RUNS ?? 2000);
// Until then the process fills its caches and its heap, and grows.
const warmUpRuns = 100;
const setupToken = 'the setup token of the fuzz, long enough';
const pageOfKind: Record<string, string> = {
  email_verification: 'verify-email',
  password_reset: 'reset-password',
  email_changed: 'undo',
  email_sign_in: 'sign-in-link',
  invitation: 'invitation',
};

async function startTarget(t: TestContext): Promise<{ target: FuzzTarget; server: ServerProcess }> {
  const sink = await startSmtpSink(t);
  const services = await makeServiceTokens();
  const provider = await startTestProvider();
  t.after(() => provider.close());
  const { server, query } = await startDatabaseService(t, {
    SERVICE_TOKENS_FILE: services.file,
    ...withProvider(provider),
    // As in FI-36: without a heap limit V8 collects late, and its garbage would hide a leak.
    NODE_OPTIONS: '--max-old-space-size=128',
    ADMIN_SETUP_TOKEN: setupToken,
    EMAIL_SIGN_IN: 'true',
    SMTP_HOST: '127.0.0.1',
    SMTP_PORT: String(sink.port),
    SMTP_SECURITY: 'none',
    SMTP_FROM_EMAIL: 'accounts@example.com',
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  const api = apiOf(server, agent);
  const registration = newRegistration();
  const headers = { 'x-setup-token': setupToken };
  assertStatus(await api.post('/api/admins/register', registration, { headers }), 201);
  const root = keptFor(durations.minutes(10), () => signIn({ api }, adminRealm, registration));
  const linkToken: FuzzTarget['linkToken'] = async (kind, address) => {
    const link = new RegExp(`/${pageOfKind[kind]}#token=([\\w-]+)`);
    const find = () =>
      sink.mails
        .filter(({ recipients }) => recipients.includes(address))
        .flatMap(({ parsed }) => link.exec(parsed.text ?? '')?.[1] ?? [])
        .at(-1);
    await eventually(`a ${kind} mail to ${address}`, () => find() !== undefined, 60_000);
    return find() ?? '';
  };
  const deadMail = async () => {
    const [row] = await query(
      `UPDATE mails SET status = 'dead' WHERE id = (SELECT id FROM mails WHERE link_id IS NULL LIMIT 1) RETURNING id`,
    );
    return String(row?.id);
  };
  const origin = `http://localhost:${server.port}`;
  const serviceToken = services.introspect;
  return { target: { api, origin, root, serviceToken, linkToken, provider, deadMail }, server };
}

/** The run outlives an access token. */
function keptFor<T>(seconds: number, make: () => Promise<T>): () => Promise<T> {
  let kept: { value: T; madeAt: number } | null = null;
  return async () => {
    if (kept === null || performance.now() - kept.madeAt > seconds * 1000)
      kept = { value: await make(), madeAt: performance.now() };
    return kept.value;
  };
}

/** Over a real socket; each answer is checked against the common invariants. */
function apiOf(server: ServerProcess, agent: Agent): Api {
  const request: Api['request'] = async (method, path, body, { rawBody, token, headers } = {}) => {
    const sent = await server.request<Answer['body']>(method, path, {
      body: rawBody ?? body,
      ...(token === undefined ? {} : { token }),
      ...(headers === undefined ? {} : { headers }),
      timeoutMs: 60_000,
      agent,
    });
    const text = sent.body === null ? '' : JSON.stringify(sent.body);
    const answer: Answer = { ...sent, headers: sent.headers as Answer['headers'], text };
    // The parser refuses a request line or headers over 16 KiB, without a path in its answer.
    assertSoundAnswer(answer, { method, path: answer.status === 431 ? '' : path });
    return answer;
  };
  return withMethods(request);
}

test(`I17 ${runs} fuzz requests: no 5xx, no undocumented answer, no memory growth`, {
  skip: withoutPostgres,
}, async (t) => {
  const { target, server } = await startTarget(t);
  const seed = fuzzSeed();
  await fuzz(target, {
    runs: Math.max(warmUpRuns, Math.ceil(runs / 10)),
    seed: seed + 1,
    suppliesPerOperation: 10,
  });
  const before = rssMegabytes(server.pid);
  t.diagnostic(`${before.toFixed(0)} MB after the warm-up`);
  const tallies = await fuzz(target, { runs, seed, suppliesPerOperation: 20 });
  const grown = rssMegabytes(server.pid) - before;
  for (const { name, requests, successes, statuses } of tallies) {
    t.diagnostic(`${name}: ${successes} of ${requests} succeeded; ${JSON.stringify(statuses)}`);
  }
  const without = tallies.filter(({ requests, successes }) => requests < runs || successes === 0);
  assert.deepEqual(
    without.map(({ name }) => name),
    [],
  );
  t.diagnostic(
    `resident memory grew by ${grown.toFixed(1)} MB from ${before.toFixed(0)}; seed ${seed}`,
  );
  assert.ok(grown < 50, `${grown} MB`);
});
