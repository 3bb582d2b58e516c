import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { hashSync } from '@node-rs/bcrypt';
import { buildApp } from '../../src/app.ts';
import { userRealm } from '../../src/domain/realms/realms.ts';
import type { PasswordHasher } from '../../src/platform/hashing/password-hasher.ts';
import {
  hashPasswordSync,
  type StoredPassword,
} from '../../src/platform/hashing/password-schemes.ts';
import { createLogger } from '../../src/platform/logging/logger.ts';
import { assertStatus, createApi } from '../api.ts';
import { newRegistration } from '../factories.ts';
import { seedPassword } from '../stored-passwords.ts';
import { createTestApp, type TestApp } from '../test-app.ts';
import { type Comparison, compare } from './two-samples.ts';

// Hashing runs at the lowest priority, so any other load distorts the figures: run this on an idle
// machine.
const pairs = 60;
const warmUpPairs = 10;

test('A02 an unknown user and a wrong password take the same time', async (t) => {
  const service = await createTestApp(t, { BCRYPT_ROUNDS: '10' });
  assert.equal(await areToldApart(t, service), false);
});

for (const [what, stored] of [
  ['bcrypt of cost 8', { scheme: 'bcrypt', hash: hashSync('from before', { cost: 8 }), key: null }],
  ['argon2id', hashPasswordSync('from before', { algorithm: 'argon2id', bcryptRounds: 10 })],
] as const) {
  test(`A02 an unknown user and a wrong password for a legacy hash, ${what}: same time`, async (t) => {
    const service = await createTestApp(t, { BCRYPT_ROUNDS: '10' });
    assert.equal(await areToldApart(t, service, stored), false);
  });
}

test('A02 without the dummy hash the same measurement finds the difference', async (t) => {
  const service = await createTestApp(t, { BCRYPT_ROUNDS: '10' });
  assert.equal(await areToldApart(t, await withoutDummyHash(t, service)), true);
});

/** The majority of up to three measurements. */
async function areToldApart(
  t: TestContext,
  service: TestApp,
  stored?: StoredPassword,
): Promise<boolean> {
  await measure(service, warmUpPairs);
  const verdicts = { true: 0, false: 0 };
  while (verdicts.true < 2 && verdicts.false < 2) {
    const comparison = await measure(service, pairs, stored);
    t.diagnostic(described(comparison));
    verdicts[`${comparison.toldApart}`] += 1;
  }
  return verdicts.true === 2;
}

/**
 * Alternates unknown and known, and which comes first; a new account each time, with a new hash
 * unless `stored` is given, and a new unknown name. Both are tried as often, because counting the
 * first attempt for a name takes less time than counting the next.
 */
async function measure(
  service: TestApp,
  count: number,
  stored?: StoredPassword,
): Promise<Comparison> {
  const account = newRegistration();
  assertStatus(await service.api.post('/api/users/register', account), 201);
  if (stored) await seedPassword(service, userRealm, account.username, stored);
  const unknownName = newRegistration().username;
  const timings = { unknown: [] as number[], known: [] as number[] };
  for (let pair = 0; pair < count; pair += 1) {
    const order =
      pair % 2 === 0 ? (['unknown', 'known'] as const) : (['known', 'unknown'] as const);
    for (const kind of order) {
      const username = kind === 'known' ? account.username : unknownName;
      timings[kind].push(await timeOfWrongLogin(service, username));
    }
  }
  return compare(timings.unknown, timings.known);
}

async function timeOfWrongLogin({ api }: TestApp, username: string): Promise<number> {
  const password = randomBytes(9).toString('base64');
  const remoteAddress = freshAddress();
  const started = performance.now();
  const answer = await api.post('/api/users/login', { username, password }, { remoteAddress });
  const milliseconds = performance.now() - started;
  assertStatus(answer, 401);
  return milliseconds;
}

let addresses = 0;

/** A new address for each attempt, so that limits by address do not matter. */
function freshAddress(): string {
  addresses += 1;
  return `127.1.${addresses >> 8}.${addresses & 255}`;
}

/**
 * The service without the dummy hash, answering for an unknown user at once: the measurement must
 * detect this.
 */
async function withoutDummyHash(t: TestContext, service: TestApp): Promise<TestApp> {
  const { config, db, jobs, limits, keys, readiness } = service;
  const hasher: PasswordHasher = {
    ...service.hasher,
    verify: (password, stored, client) =>
      stored === null ? Promise.resolve(false) : service.hasher.verify(password, stored, client),
  };
  const logger = createLogger(config, { write: () => {} });
  const { accessTokens, signingKeys, serviceTokens, breachedPasswords, challenges } = service.deps;
  const app = await buildApp({
    config,
    logger,
    engine: service.deps.engine,
    db,
    jobs,
    limits,
    keys,
    hasher,
    accessTokens,
    signingKeys,
    serviceTokens,
    breachedPasswords,
    challenges,
    readiness,
  });
  t.after(() => app.close());
  return { ...service, app, hasher, api: createApi(app) };
}

function described({ medianDifference, tolerance, auc, toldApart }: Comparison): string {
  const figures = `median difference ${medianDifference.toFixed(2)} ms of ${tolerance.toFixed(2)}, AUC ${auc.toFixed(3)}`;
  return `${figures}: ${toldApart ? 'distinguishable' : 'not distinguishable'}`;
}
