import { after, type TestContext } from 'node:test';
import { sql } from 'kysely';
import { createAbuseChallenges } from '../src/access/abuse-challenges.ts';
import { createRequestLimits, type RequestLimits } from '../src/access/request-limits.ts';
import type { AppDependencies } from '../src/access/route-dependencies.ts';
import { openServiceTokens } from '../src/access/service-tokens.ts';
import { assembly, buildApp, parts } from '../src/app.ts';
import { type Config, parseConfig } from '../src/configuration/config.ts';
import { createAccessTokens } from '../src/domain/access-tokens/access-token.ts';
import { prepareSigningKeys } from '../src/domain/key-rotation/prepare-signing-keys.ts';
import type { SigningKeyRow } from '../src/domain/signing-keys/signing-key-row.ts';
import { listSigningKeys } from '../src/domain/signing-keys/signing-key-store.ts';
import { createSigningKeys } from '../src/domain/signing-keys/signing-keys.ts';
import { createKeyRing, type KeyRing } from '../src/platform/crypto/secret-keys.ts';
import {
  createDatabase,
  type Database,
  type DatabaseEngine,
} from '../src/platform/database/database.ts';
import {
  createPasswordHasher,
  type PasswordHasher,
} from '../src/platform/hashing/password-hasher.ts';
import { networkOf } from '../src/platform/http/client-address.ts';
import type { HttpServer } from '../src/platform/http/http-server.ts';
import { createJobQueue, type JobQueue } from '../src/platform/jobs/job-queue.ts';
import { logStatement } from '../src/platform/logging/log-statement.ts';
import { createLogger, type Logger } from '../src/platform/logging/logger.ts';
import { createMemoryLimiter } from '../src/platform/rate-limit/memory-limiter.ts';
import type { RateLimiter } from '../src/platform/rate-limit/rate-limit.ts';
import { cleanUp, jobNames, runFrequent } from '../src/process/background-work.ts';
import { openBreachedPasswords } from '../src/process/open-breached-passwords.ts';
import { type Api, createApi } from './api.ts';
import { createMailbox, type Mailbox } from './mailbox.ts';
import { closeTestEngine, openTestEngine } from './test-database.ts';

export const testSecret = 'a2V5IG9mIHRoZSB0ZXN0cywgZ29vZCBmb3Igbm90aGluZyBlbHNlIQ';

export type TestApp = {
  deps: AppDependencies;
  app: HttpServer;
  api: Api;
  db: Database;
  jobs: JobQueue;
  limits: RequestLimits;
  /** Where the limits count. */
  limiter: RateLimiter;
  /** The mails, and the worker that sends them. */
  mailbox: Mailbox;
  /** What the service runs every five seconds, and once a minute. */
  tidyUp: () => Promise<void>;
  config: Config;
  keys: KeyRing;
  hasher: PasswordHasher;
  logger: Logger;
  readiness: AppDependencies['readiness'];
  clock: TestClock;
  /** Every log line so far, as text. */
  logs: () => string;
  /** The text of every SQL statement so far, without BEGIN and COMMIT. */
  statements: () => readonly string[];
};

type TestClock = {
  /** The service's time. */
  now(): Date;
  /** Moves the time of service and database forward. */
  advance(seconds: number): Promise<void>;
};

type Overrides = Record<string, string>;

type Service = Omit<TestApp, 'clock' | 'logs' | 'api' | 'statements' | 'mailbox' | 'tidyUp'> & {
  lines: string[];
  executed: string[];
  moved: { seconds: number };
  signingKeyRows: SigningKeyRow[];
};

const services = new Map<string, Promise<Service>>();
const hashers = new Map<string, Promise<PasswordHasher>>();
let engine: Promise<DatabaseEngine> | undefined;
let queue: Promise<JobQueue> | undefined;
/** That of the service whose test runs. */
let currentLogger: Logger | undefined;

after(async () => {
  for (const service of services.values()) {
    const { app } = await service;
    await app.close();
  }
  if (queue) await (await queue).close();
  for (const hasher of hashers.values()) await (await hasher).close();
  if (engine) await closeTestEngine(await engine);
});

/**
 * The whole service on an empty database, without a socket, with a cheap hash. `overrides` are
 * environment variables. The tests of a file run one after the other and share the engine, and also
 * the service if their overrides are the same.
 */
export async function createTestApp(_t: TestContext, overrides: Overrides = {}): Promise<TestApp> {
  const key = JSON.stringify(overrides);
  const starting = services.get(key) ?? startService(overrides);
  services.set(key, starting);
  const { lines, executed, moved, signingKeyRows, ...service } = await starting;
  const { db, app } = service;
  currentLogger = service.logger;
  lines.length = 0;
  moved.seconds = 0;
  service.readiness.phase = 'serving';
  await resetDatabase(db, signingKeyRows);
  await service.deps.signingKeys.reload();
  executed.length = 0;
  return {
    ...service,
    tidyUp: async () => {
      const deps = { ...service.deps, ...assembly };
      await runFrequent(parts, deps);
      await cleanUp(parts, deps);
    },
    api: createApi(app),
    clock: createTestClock(db, moved),
    mailbox: createMailbox(service.deps),
    logs: () => lines.join(''),
    statements: () => executed,
  };
}

/** Row by row: for small tables this takes a tenth of the time of TRUNCATE. */
async function resetDatabase(db: Database, keys: readonly SigningKeyRow[]): Promise<void> {
  await sql`
    WITH a AS (DELETE FROM users), b AS (DELETE FROM admins), c AS (DELETE FROM sessions), d AS (DELETE FROM links),
         e AS (DELETE FROM mails), f AS (DELETE FROM throttles), g AS (DELETE FROM audit_events),
         h AS (DELETE FROM audit_chain), i AS (DELETE FROM audit_marks),
         j AS (DELETE FROM imports),
         k AS (UPDATE test_clock.moved SET by = '0'),
         l AS (DELETE FROM idempotency_keys),
         m AS (DELETE FROM backups), n AS (DELETE FROM deployment),
         o AS (DELETE FROM totp_factors), p AS (DELETE FROM recovery_codes),
         q AS (DELETE FROM second_factor_challenges),
         r AS (DELETE FROM passkeys), s AS (DELETE FROM passkey_challenges),
         t AS (DELETE FROM signing_keys), u AS (DELETE FROM hmac_tokens),
         v AS (DELETE FROM identities), w AS (DELETE FROM provider_attempts), x AS (DELETE FROM provider_exchanges),
         y AS (DELETE FROM spent_puzzles)
    DELETE FROM jobs.job`.execute(db);
  // Afterwards, because removing the users is counted.
  await sql`
    WITH a AS (DELETE FROM user_counts), b AS (DELETE FROM registration_counts)
    DELETE FROM sign_in_counts`.execute(db);
  await db.insertInto('signing_keys').values(keys).execute();
}

/** Made once for each secret: services with the same one accept each other's tokens. */
const signingKeysBySecret = new Map<string, SigningKeyRow[]>();

async function signingKeysOf({ db, ...deps }: Parameters<typeof prepareSigningKeys>[0]) {
  const { kid } = deps.keys.current;
  const algorithm = deps.config.accessTokenAlgorithm;
  const known = signingKeysBySecret.get(`${kid} ${algorithm}`);
  if (known !== undefined) return known;
  await db.deleteFrom('signing_keys').execute();
  await prepareSigningKeys({ db, ...deps });
  const rows = await listSigningKeys(db);
  signingKeysBySecret.set(`${kid} ${algorithm}`, rows);
  return rows;
}

/** One for all services that hash alike: each has threads, which take a while to start. */
function sharedHasher(config: Config): Promise<PasswordHasher> {
  const {
    hashThreads: threads,
    hashQueueMaxWaitSeconds: maxWaitSeconds,
    passwordHash: target,
  } = config;
  const { rateLimitIpv6Prefix } = config;
  const key = JSON.stringify([threads, maxWaitSeconds, target, rateLimitIpv6Prefix]);
  const clientOf = (address: string) => networkOf(address, rateLimitIpv6Prefix);
  const starting =
    hashers.get(key) ?? createPasswordHasher({ threads, maxWaitSeconds, target, clientOf });
  hashers.set(key, starting);
  return starting;
}

/** One for all services: it takes many statements to open. */
async function openQueue(opened: DatabaseEngine): Promise<JobQueue> {
  const logger = new Proxy({} as Logger, {
    // On a busy machine it may report something before the first service is up.
    get: (_, member) => Reflect.get(currentLogger ?? console, member),
  });
  const jobs = createJobQueue(opened, logger, false);
  await jobs.open(jobNames(parts));
  return jobs;
}

async function startService(overrides: Overrides): Promise<Service> {
  engine ??= openTestEngine();
  const executed: string[] = [];
  const opened = await engine;
  const config = parseConfig({
    ENVIRONMENT: 'test',
    SECRET_KEY: testSecret,
    BCRYPT_ROUNDS: '4',
    HASH_THREADS: '2',
    // Hashes are slow where the machine is busy with something else.
    HASH_QUEUE_MAX_WAIT_SECONDS: '60',
    LOG_FORMAT: 'json',
    // All tests of a file share one address.
    RATE_LIMIT_PER_HOUR: '0',
    RATE_LIMIT_ACCOUNT_PER_HOUR: '0',
    ...overrides,
  });
  const lines: string[] = [];
  const moved = { seconds: 0 };
  const logger = createLogger(config, { write: (line) => void lines.push(line) });
  const db = createDatabase(opened.pool, (event) => {
    executed.push(event.query.sql);
    logStatement(logger, event);
  });
  const keys = createKeyRing(config.secretKey ?? '', config.secretKeyPrevious);
  const hasher = await sharedHasher(config);
  const signingKeys = createSigningKeys({ db, keys, config, logger });
  const signingKeyRows = await signingKeysOf({ db, keys, config, signingKeys });
  const accessTokens = createAccessTokens({ keys, signingKeys, config }, () => movedTime(moved));
  const serviceTokens = openServiceTokens(config.serviceTokensFile, logger);
  const breachedPasswords = await openBreachedPasswords(config, logger);
  const readiness: AppDependencies['readiness'] = { phase: 'serving' };
  queue ??= openQueue(opened);
  const jobs = await queue;
  const limiter = createMemoryLimiter({ now: () => movedTime(moved).getTime() });
  const limits = createRequestLimits({ config, logger, db, keys, limiter });
  const challenges = createAbuseChallenges({ config, db, keys, limiter }, () => movedTime(moved));
  const deps = {
    config,
    logger,
    engine: opened,
    db,
    jobs,
    limits,
    challenges,
    keys,
    hasher,
    breachedPasswords,
    accessTokens,
    signingKeys,
    serviceTokens,
    readiness,
  };
  const app = await buildApp(deps);
  await app.ready();
  return {
    app,
    db,
    jobs,
    limits,
    limiter,
    config,
    keys,
    hasher,
    logger,
    readiness,
    deps,
    lines,
    executed,
    moved,
    signingKeyRows,
  };
}

function createTestClock(db: Database, moved: { seconds: number }): TestClock {
  return {
    now: () => movedTime(moved),
    advance: async (seconds) => {
      moved.seconds += seconds;
      await sql`UPDATE test_clock.moved SET by = make_interval(secs => ${moved.seconds})`.execute(
        db,
      );
    },
  };
}

function movedTime({ seconds }: { seconds: number }): Date {
  return new Date(Date.now() + seconds * 1000);
}
