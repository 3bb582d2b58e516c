import cluster from 'node:cluster';
import { flushCompileCache } from 'node:module';
import closeWithGrace from 'close-with-grace';
import type { LogEvent } from 'kysely';
import { buildApp } from './app.ts';
import { type Config, ConfigError, parseConfig, readEnvironment } from './config.ts';
import { drain } from './drain.ts';
import { createAccessTokens } from './features/sessions/access-token.ts';
import { createKeyRing } from './platform/crypto/secret-keys.ts';
import { createDatabase, type DatabaseEngine } from './platform/database/database.ts';
import { DirectoryInUseError } from './platform/database/directory-lock.ts';
import type { Readiness } from './platform/http/readiness.ts';
import { createLogger, type Logger } from './platform/logging/logger.ts';
import { createPasswordHasher } from './platform/password-hashing/password-hasher.ts';
import { loadSecretKey } from './secret-key.ts';
import { checkClock, prepareDatabase, reportOptionalServices, StartupError } from './startup-checks.ts';
import { obeySupervisor, reportServing, superviseServers } from './supervisor.ts';

const shutdownMilliseconds = 29_000;

/** Configuration, secret, database, migrations, the rest; then serve until told to stop (contract § 7). */
async function main(): Promise<void> {
  const config = readConfig();
  const logger = createLogger(config);
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
  logger.info(`configuration: ok (${config.environment})`);
  const keys = createKeyRing(loadSecretKey(config), config.secretKeyPrevious);
  logger.info(
    `secret: ok (${config.secretKey === undefined ? 'made for development, kept in DATA_DIR' : 'configured'})`,
  );

  const [engine, hasher] = await Promise.all([openEngine(config), startHasher(config)]);
  const db = createDatabase(engine.pool, (event) => logStatement(logger, event));
  const readiness: Readiness = { phase: 'starting' };
  const accessTokens = await createAccessTokens(keys, config.accessTokenSeconds, () => new Date());
  const app = await buildApp({ config, logger, db, keys, hasher, accessTokens, readiness });

  // What is under way, an uncaught error included, ends in one place.
  let stopSignal: string | undefined;
  const skip: ('SIGTERM' | 'SIGINT')[] = cluster.isWorker ? ['SIGTERM', 'SIGINT'] : [];
  const shutdown = closeWithGrace(
    { delay: shutdownMilliseconds, logger: graceLogger(logger), skip },
    async ({ signal = stopSignal, err }) => {
      if (err) throw err;
      logger.info(`Stopping at ${signal ?? 'request'}`);
      await drain({ app, hasher, engine, readiness, lingers: signal === 'SIGTERM' });
      logger.info('Stopped');
    },
  );
  if (cluster.isWorker) {
    obeySupervisor((signal) => {
      stopSignal = signal;
      shutdown.close();
    });
  }
  const listen = () => app.listen({ host: config.host, port: config.port });
  // Alone, `/health/live` answers from the start. Beside others on one port, who is not ready would be given requests.
  if (!cluster.isWorker) await listen();
  try {
    await prepareDatabase(config, engine, logger);
  } catch (error) {
    shutdown.uninstall();
    throw error;
  }
  reportOptionalServices(config, logger);
  await checkClock(db, logger);
  readiness.phase = 'serving';
  if (cluster.isWorker) await listen();
  reportServing();
  flushCompileCache();
  logger.info(`Listening on ${config.host}:${listeningPort(app)}; ${config.publicUrl}/docs explains the API`);
}

function readConfig(): Config {
  try {
    return parseConfig(readEnvironment());
  } catch (error) {
    const faults = error instanceof ConfigError ? error.faults : ['the environment can not be read'];
    for (const fault of faults) process.stderr.write(`configuration: failed - ${fault}\n`);
    process.exit(1);
  }
}

/** Loads the one of the two engines that is used: the other would only cost memory. */
async function openEngine(config: Config): Promise<DatabaseEngine> {
  if (config.databaseUrl !== undefined) {
    const { openPostgres } = await import('./platform/database/postgres-engine.ts');
    return openPostgres({ url: config.databaseUrl, poolSize: config.databasePoolSize });
  }
  const { openEmbedded } = await import('./platform/database/embedded-engine.ts');
  return openEmbedded(config.dataDir);
}

function startHasher(config: Config): ReturnType<typeof createPasswordHasher> {
  const { hashThreads: threads, hashQueueMaxWaitSeconds: maxWaitSeconds, passwordHash: target } = config;
  return createPasswordHasher({ threads, maxWaitSeconds, target });
}

function failToStart(error: unknown, logger: Logger): never {
  if (error instanceof StartupError) logger.fatal(error.message);
  else if (error instanceof DirectoryInUseError) logger.fatal(`database: failed - ${error.message}`);
  else if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') {
    logger.fatal('listen: failed - the port is taken by another process. Stop it, or set another PORT');
  } else logger.fatal({ err: error }, 'The service could not start');
  process.exit(1);
}

function logStatement(logger: Logger, event: LogEvent): void {
  if (!logger.isLevelEnabled('debug')) return;
  const milliseconds = event.queryDurationMillis.toFixed(1);
  // Without its parameters: they are the data.
  logger.debug(`SQL (${milliseconds} ms): ${event.query.sql.replaceAll(/\s+/g, ' ').trim()}`);
}

function graceLogger(logger: Logger): { error(message: unknown): void } {
  return {
    error: (message) => {
      if (message instanceof Error) logger.fatal({ err: message }, 'Uncaught error: the process ends');
      else logger.error(String(message));
    },
  };
}

function listeningPort(app: Awaited<ReturnType<typeof buildApp>>): number {
  const address = app.server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

await main();
