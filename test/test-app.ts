import { after, type TestContext } from 'node:test';
import { sql } from 'kysely';
import { prepareSigningKeys } from '../src/domain/key-rotation/prepare-signing-keys.ts';
import type { SigningKeyRow } from '../src/domain/signing-keys/signing-key-row.ts';
import { listSigningKeys } from '../src/domain/signing-keys/signing-key-store.ts';
import type { Database, DatabaseEngine } from '../src/platform/database/database.ts';
import { type Api, createApi } from './api.ts';
import { createMailbox, type Mailbox } from './mailbox.ts';
import { openReplica, type Replica } from './replica/replica.ts';
import {
  closeShared,
  movedTime,
  type Overrides,
  type PrepareKeys,
  type StartedApp,
  startApp,
  tidyUp,
  useLogger,
} from './start-app.ts';
import { closeTestEngine, openTestEngine } from './test-database.ts';

export { testSecret } from './start-app.ts';

export type TestApp = Omit<StartedApp, 'lines' | 'executed' | 'moved' | 'forgetCounts'> & {
  api: Api;
  /** The mails, and the worker that sends them. */
  mailbox: Mailbox;
  /** What the service runs every five seconds, and once a minute. */
  tidyUp: () => Promise<void>;
  clock: TestClock;
  /** Every log line so far, as text. */
  logs: () => string;
  /** The text of every SQL statement so far, without BEGIN and COMMIT. */
  statements: () => readonly string[];
  /** How many passwords were hashed or verified so far. */
  hashes: () => number;
  /** With a replica, the next request is answered by this process. */
  answerHere: () => void;
};

type TestClock = {
  /** The service's time. */
  now(): Date;
  /** Moves the time of service and database forward. */
  advance(seconds: number): Promise<void>;
};

/** How many processes answer the requests of a test. */
export const processes = process.env.TEST_REPLICA === 'true' ? 2 : 1;
/** Without Redis these are counted in memory, by each process for itself. */
const countedInMemory = /^(RATE_LIMIT|ABUSE_CHALLENGE)/;

const services = new Map<string, Promise<StartedApp>>();
let engine: Promise<DatabaseEngine> | undefined;
let replica: Promise<Replica> | undefined;

after(async () => {
  if (replica) await (await replica).close();
  for (const service of services.values()) {
    const { app } = await service;
    await app.close();
  }
  await closeShared();
  if (engine) await closeTestEngine(await engine);
});

/**
 * The whole service on an empty database, without a socket, with a cheap hash. `overrides` are
 * environment variables. The tests of a file run one after the other and share the engine, and also
 * the service if their overrides are the same. With TEST_REPLICA=true a second process on the same
 * database answers every other request; `alone` is for a test that looks into a process's memory.
 */
export async function createTestApp(
  _t: TestContext,
  overrides: Overrides = {},
  { alone = false } = {},
): Promise<TestApp> {
  const key = JSON.stringify(overrides);
  engine ??= openTestEngine();
  const opened = await engine;
  const starting = services.get(key) ?? startApp(opened, overrides, keysOfSecret);
  services.set(key, starting);
  const started = await starting;
  const { lines, executed, moved, forgetCounts, ...service } = started;
  const { db, app, hasher } = service;
  useLogger(service.logger);
  lines.length = 0;
  moved.seconds = 0;
  forgetCounts();
  service.readiness.phase = 'serving';
  await resetDatabase(db, await keysOfSecret(service.deps));
  await service.deps.signingKeys.reload();
  executed.length = 0;
  const test = {
    ...service,
    tidyUp: () => tidyUp(service),
    api: createApi(app),
    clock: createTestClock(db, moved),
    mailbox: createMailbox(service.deps),
    logs: () => lines.join(''),
    statements: () => executed,
    hashes: () => hasher.state.completed,
    answerHere: () => {},
  };
  const isAlone = alone || Object.keys(overrides).some((name) => countedInMemory.test(name));
  if (processes === 1 || isAlone) return test;
  replica ??= openReplica(db);
  return { ...test, ...(await (await replica).beside(started, overrides)) };
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

async function keysOfSecret({ db, ...deps }: Parameters<PrepareKeys>[0]): Promise<SigningKeyRow[]> {
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
