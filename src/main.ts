import cluster from 'node:cluster';
import { flushCompileCache } from 'node:module';
import { createAbuseChallenges } from './access/abuse-challenges.ts';
import { createRequestLimits } from './access/request-limits.ts';
import { assembly, buildApp, parts } from './app.ts';
import type { CommandServer } from './cli/local-socket/serve-commands.ts';
import { type Config, ConfigError, parseConfig, readEnvironment } from './configuration/config.ts';
import { version } from './configuration/version.ts';
import { weakSettings } from './configuration/weak-settings.ts';
import { createAccessTokens } from './domain/access-tokens/access-token.ts';
import type { Dependencies } from './domain/dependencies.ts';
import { createSigningKeys } from './domain/signing-keys/signing-keys.ts';
import { createKeyRing } from './platform/crypto/secret-keys.ts';
import { createDatabaseClock } from './platform/database/database-clock.ts';
import { DirectoryInUseError } from './platform/database/directory-lock.ts';
import { warnOfMissingLimits } from './platform/database/session-limits.ts';
import { openWatchedDatabase } from './platform/database/watched-database.ts';
import type { HttpServer } from './platform/http/http-server.ts';
import type { Readiness } from './platform/http/readiness.ts';
import { createJobQueue, type JobQueue } from './platform/jobs/job-queue.ts';
import { hearOfDroppedLines } from './platform/logging/dropped-lines.ts';
import { logStatement } from './platform/logging/log-statement.ts';
import { createProcessLogger, type Logger } from './platform/logging/logger.ts';
import { shareOwnMetrics } from './platform/metrics/shared-metrics.ts';
import { createMemoryLimiter } from './platform/rate-limit/memory-limiter.ts';
import type { RateLimiter } from './platform/rate-limit/rate-limit.ts';
import { createSmtpTransport, type SmtpTransport } from './platform/smtp/smtp-transport.ts';
import { watchTransport } from './platform/smtp/watched-transport.ts';
import { traceStatement } from './platform/tracing/trace-statement.ts';
import { setTracing, type Tracing } from './platform/tracing/tracing.ts';
import { jobNames, startBackgroundWork } from './process/background-work.ts';
import { stopWhenTold } from './process/drain.ts';
import { loadServiceTokens } from './process/load-service-tokens.ts';
import { openBreachedPasswords } from './process/open-breached-passwords.ts';
import { openEngine, startHasher } from './process/open-engine.ts';
import { openSigningKeys } from './process/open-signing-keys.ts';
import { checkOptionalServices } from './process/optional-services.ts';
import { loadSecretKey } from './process/secret-key.ts';
import { describeSelf, showRunning } from './process/show-running.ts';
import {
  checkClock,
  prepareDatabase,
  reportConfiguration,
  requireDataDir,
  StartupError,
} from './process/startup-checks.ts';
import { reportServing, superviseServers } from './process/supervisor.ts';

/**
 * Connections waiting to be accepted. If it is full, a client retries after a second; one burst
 * fills Node's default of 511.
 */
const backlog = 4096;

/** Configuration, secret, database, migrations and the other checks; then serves until stopped. */
async function main(): Promise<void> {
  const config = readConfig();
  const logger = createProcessLogger(config);
  if (cluster.isWorker) {
    hearOfDroppedLines();
    shareOwnMetrics();
  }
  if (config.webConcurrency > 1 && cluster.isPrimary) {
    superviseServers(config.webConcurrency, logger);
    return;
  }
  try {
    await serve(config, logger);
  } catch (error) {
    failToStart(error, logger);
  }
}

async function serve(config: Config, logger: Logger): Promise<void> {
  requireDataDir(config);
  reportConfiguration(config, logger);
  const keys = createKeyRing(loadSecretKey(config), config.secretKeyPrevious);
  logger.info(
    `secret: ok (${config.secretKey === undefined ? 'made for development, kept in DATA_DIR' : 'configured'})`,
  );

  const serviceTokens = loadServiceTokens(config, logger);
  const breachedPasswords = await openBreachedPasswords(config, logger);
  const [engine, hasher] = await Promise.all([openEngine(config), startHasher(config)]);
  const tracing = await openTracing(config, logger);
  const db = openWatchedDatabase(engine, logger, (statement) => {
    logStatement(logger, statement);
    traceStatement(statement);
  });
  const readiness: Readiness = { phase: 'starting' };
  const clock = createDatabaseClock(db, engine);
  const signingKeys = createSigningKeys({ db, keys, config, logger });
  const accessTokens = createAccessTokens({ keys, signingKeys, config }, () => clock.now());
  const jobs = createJobQueue(engine, logger);
  const limiter = await openLimiter(config, logger);
  const limits = createRequestLimits({ config, logger, db, keys, limiter });
  const challenges = createAbuseChallenges({ config, db, keys, limiter }, () => clock.now());
  const deps = {
    config,
    logger,
    engine,
    db,
    jobs,
    limits,
    challenges,
    keys,
    hasher,
    breachedPasswords,
    readiness,
    signingKeys,
    accessTokens,
    serviceTokens,
  };
  const app = await buildApp(deps);

  const running: Parameters<typeof stopWhenTold>[0] = {
    app,
    commands: null,
    shown: null,
    tracing,
    hasher,
    jobs,
    limiter,
    engine,
    readiness,
  };
  stopWhenTold(running, logger);
  const self = describeSelf();
  // A process that listens receives requests. It listens before it can serve only while its
  // database is unreachable, so that probes do not end it, and only if no other process serves the
  // port.
  const listenEarly = async () => (cluster.isWorker ? undefined : listen(app, deps));
  try {
    await prepareDatabase(config, engine, logger, self, listenEarly);
    running.shown = showRunning(deps, self);
    await openSigningKeys(deps);
    await openJobs(jobs);
    await checkOptionalServices(config, logger);
    for (const warning of weakSettings(config)) logger.warn(warning);
    await checkClock(clock, logger);
    if (!engine.keepsSessions) await warnOfMissingLimits(db, logger);
  } catch (error) {
    // If it was stopped in the meantime, the database was closed.
    if (readiness.phase === 'starting') throw error;
  }
  if (readiness.phase !== 'starting') return;
  readiness.phase = 'serving';
  readiness.clockSkewSeconds = () => clock.skewSeconds();
  clock.watch();
  await listen(app, deps);
  if (engine.isEmbedded) running.commands = await openCommands(deps);
  await startBackgroundWork(parts, { ...deps, ...assembly, smtp: smtpTransportOf(config, logger) });
  reportServing();
  flushCompileCache();
  const documentation = config.docsEnabled ? `, and ${config.publicUrl}/docs for the API` : '';
  const address = `${config.host}:${listeningPort(app)}`;
  logger.info(`Listening on ${address}; open ${config.publicUrl} in a browser${documentation}`);
}

function readConfig(): Config {
  try {
    return parseConfig(readEnvironment());
  } catch (error) {
    const faults = error instanceof ConfigError ? error.faults : ['the environment cannot be read'];
    for (const fault of faults) process.stderr.write(`configuration: failed - ${fault}\n`);
    process.exit(1);
  }
}

/** Other processes cannot open the embedded database, so commands come here. */
async function openCommands(deps: Dependencies): Promise<CommandServer | null> {
  const { serveCommands } = await import('./cli/local-socket/serve-commands.ts');
  const { hasher, breachedPasswords, jobs } = deps;
  return serveCommands({
    ...deps,
    openHasher: async () => hasher,
    openBreachedPasswords: async () => breachedPasswords,
    openJobs: async () => jobs,
    openService: async () => ({ ...deps, ...assembly }),
  });
}

/** Loads OpenTelemetry only if a receiver is configured. */
async function openTracing({ traces }: Config, logger: Logger): Promise<Tracing | null> {
  if (!traces.isEnabled) return null;
  const { startTracing } = await import('./platform/opentelemetry/start-tracing.ts');
  const tracing = startTracing({ ...traces, version }, logger);
  setTracing(tracing);
  return tracing;
}

/** Loads the Redis client only if Redis is configured. */
async function openLimiter(config: Config, logger: Logger): Promise<RateLimiter> {
  const { redisUrl, redisSentinels: addresses, redisSentinelPassword: password } = config;
  if (redisUrl === undefined) return createMemoryLimiter();
  const { createRedisLimiter } = await import('./platform/rate-limit/redis-limiter.ts');
  const sentinels = addresses.length > 0 ? { addresses, password } : undefined;
  return createRedisLimiter(redisUrl, logger, sentinels);
}

async function openJobs(jobs: JobQueue): Promise<void> {
  try {
    await jobs.open(jobNames(parts));
  } catch (error) {
    const fix =
      'The role in DATABASE_URL must be allowed to create a schema, once; then start again';
    throw new StartupError(
      'jobs',
      'the tables of the job queue cannot be made or read',
      fix,
      error,
    );
  }
}

function smtpTransportOf({ smtp }: Config, logger: Logger): SmtpTransport | null {
  const { host, fromEmail } = smtp;
  return host === undefined || fromEmail === undefined
    ? null
    : watchTransport(createSmtpTransport({ ...smtp, host, fromEmail }), logger);
}

type ListenDeps = { config: Config; readiness: Readiness };

/** Once, and not if it was stopped in the meantime. */
async function listen(app: HttpServer, { config, readiness }: ListenDeps): Promise<void> {
  if (app.server.listening || readiness.phase === 'draining') return;
  const { host, port } = config;
  try {
    // For this name Fastify would open a second server on ::1, without the connection limits.
    await app.listen({ host: host === 'localhost' ? '127.0.0.1' : host, port, backlog });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') {
      const problem = 'the port is taken by another process';
      throw new StartupError('listen', problem, 'Stop it, or set another PORT', error);
    }
    throw new StartupError('listen', `not possible there (${code})`, 'Correct HOST or PORT', error);
  }
}

function failToStart(error: unknown, logger: Logger): never {
  if (error instanceof StartupError) logger.fatal(error.message);
  else if (error instanceof DirectoryInUseError)
    logger.fatal(`database: failed - ${error.message}`);
  else logger.fatal({ err: error }, 'The service could not start');
  process.exit(1);
}

function listeningPort(app: Awaited<ReturnType<typeof buildApp>>): number {
  const address = app.server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

await main();
