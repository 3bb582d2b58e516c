import { createAbuseChallenges } from '../src/access/abuse-challenges.ts';
import { createRequestLimits, type RequestLimits } from '../src/access/request-limits.ts';
import type { AppDependencies } from '../src/access/route-dependencies.ts';
import { openServiceTokens } from '../src/access/service-tokens.ts';
import { assembly, buildApp, parts } from '../src/app.ts';
import { type Config, parseConfig } from '../src/configuration/config.ts';
import { createAccessTokens } from '../src/domain/access-tokens/access-token.ts';
import type { prepareSigningKeys } from '../src/domain/key-rotation/prepare-signing-keys.ts';
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

export const testSecret = 'a2V5IG9mIHRoZSB0ZXN0cywgZ29vZCBmb3Igbm90aGluZyBlbHNlIQ';

/** Environment variables. */
export type Overrides = Record<string, string>;

export type StartedApp = {
  deps: AppDependencies;
  app: HttpServer;
  db: Database;
  jobs: JobQueue;
  limits: RequestLimits;
  /** Where the limits count. */
  limiter: RateLimiter;
  /** Ends all windows of the limiter. */
  forgetCounts: () => void;
  config: Config;
  keys: KeyRing;
  hasher: PasswordHasher;
  logger: Logger;
  readiness: AppDependencies['readiness'];
  /** Log lines. */
  lines: string[];
  /** SQL statements, without BEGIN and COMMIT. */
  executed: string[];
  /** How far its time is ahead. */
  moved: { seconds: number };
};

export type PrepareKeys = (deps: Parameters<typeof prepareSigningKeys>[0]) => Promise<unknown>;

/** Further than any test moves its clock. */
const tenYears = 3660 * 86_400_000;

const hashers = new Map<string, Promise<PasswordHasher>>();
let queue: Promise<JobQueue> | undefined;
/** That of the service whose test runs. */
let currentLogger: Logger | undefined;

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

/** The whole service without a socket, with a cheap hash. `prepareKeys` makes or reads its keys. */
export async function startApp(
  opened: DatabaseEngine,
  overrides: Overrides,
  prepareKeys: PrepareKeys,
): Promise<StartedApp> {
  const executed: string[] = [];
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
  await prepareKeys({ db, keys, config, signingKeys });
  const accessTokens = createAccessTokens({ keys, signingKeys, config }, () => movedTime(moved));
  const serviceTokens = openServiceTokens(config.serviceTokensFile, logger);
  const breachedPasswords = await openBreachedPasswords(config, logger);
  const readiness: AppDependencies['readiness'] = { phase: 'serving' };
  queue ??= openQueue(opened);
  const jobs = await queue;
  let forgotten = 0;
  const limiter = createMemoryLimiter({
    now: () => movedTime(moved).getTime() + forgotten * tenYears,
  });
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
    forgetCounts: () => {
      forgotten += 1;
    },
    config,
    keys,
    hasher,
    logger,
    readiness,
    deps,
    lines,
    executed,
    moved,
  };
}

/** What the service runs every five seconds, and once a minute. */
export async function tidyUp({ deps }: Pick<StartedApp, 'deps'>): Promise<void> {
  const all = { ...deps, ...assembly };
  await runFrequent(parts, all);
  await cleanUp(parts, all);
}

/** The logger that the job queue, which all services share, writes to. */
export function useLogger(logger: Logger): void {
  currentLogger = logger;
}

/** What the services share. */
export async function closeShared(): Promise<void> {
  if (queue) await (await queue).close();
  for (const hasher of hashers.values()) await (await hasher).close();
}

export function movedTime({ seconds }: { seconds: number }): Date {
  return new Date(Date.now() + seconds * 1000);
}
