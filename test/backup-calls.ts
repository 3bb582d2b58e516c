import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { assembly, buildApp, parts } from '../src/app.ts';
import { createAccessTokens } from '../src/domain/access-tokens/access-token.ts';
import { prepareSigningKeys } from '../src/domain/key-rotation/prepare-signing-keys.ts';
import { createSigningKeys } from '../src/domain/signing-keys/signing-keys.ts';
import { createBackup } from '../src/operations/backup/create-backup.ts';
import { openBackup } from '../src/operations/backup/load-backup.ts';
import { restoreBackup } from '../src/operations/backup/restore-backup.ts';
import { createDatabase, type DatabaseEngine } from '../src/platform/database/database.ts';
import { createFolderStore } from '../src/platform/file-stores/folder-store.ts';
import { createJobQueue } from '../src/platform/jobs/job-queue.ts';
import { jobNames } from '../src/process/background-work.ts';
import { createApi } from './api.ts';
import { temporaryDirectory } from './command-line.ts';
import type { TestApp } from './test-app.ts';
import { closeTestEngine, openEmptyEngine } from './test-database.ts';

export async function newKeyPair(): Promise<{ identity: string; recipient: string }> {
  const identity = await generateX25519Identity();
  return { identity, recipient: await identityToRecipient(identity) };
}

/** A folder for backups, the identity that reads them, and the service's dependencies with both. */
export async function openBackups(t: TestContext, service: TestApp) {
  const folder = join(temporaryDirectory(t), 'backups');
  const { identity, recipient } = await newKeyPair();
  const backup = { ...service.config.backup, to: folder, recipients: [recipient] };
  const deps = { ...service.deps, config: { ...service.config, backup } };
  const store = createFolderStore(folder);
  const create = async () => ({
    store,
    name: (await createBackup(deps, store, service.hasher)).name,
  });
  return { folder, identity, store, deps, create };
}

/** Another empty database, which the end of the test deletes. */
export async function emptyEngine(t: TestContext): Promise<DatabaseEngine> {
  const engine = await openEmptyEngine();
  t.after(() => closeTestEngine(engine));
  return engine;
}

type Place = { store: ReturnType<typeof createFolderStore>; name: string };

export async function restore(
  service: TestApp,
  engine: DatabaseEngine,
  place: Place,
  identity: string,
  options = {},
) {
  const script = await openBackup(place, [identity]);
  const all = { acceptsOtherKeys: false, erasedIds: [], ...options };
  return restoreBackup({ ...service.deps, engine }, script, all);
}

/** The service, with the same secret, on a database that was restored. */
export async function serveRestored(t: TestContext, service: TestApp, engine: DatabaseEngine) {
  const { config, logger, keys, hasher, limits } = service;
  const db = createDatabase(engine.pool, () => {});
  const jobs = createJobQueue(engine, logger, false);
  await jobs.open(jobNames(parts));
  const signingKeys = createSigningKeys({ db, keys, config, logger });
  await prepareSigningKeys({ db, keys, config, signingKeys });
  const accessTokens = createAccessTokens({ keys, signingKeys, config }, () => new Date());
  const { serviceTokens, breachedPasswords, challenges } = service.deps;
  const readiness = { phase: 'serving' as const };
  const deps = {
    config,
    logger,
    engine,
    db,
    jobs,
    limits,
    keys,
    hasher,
    readiness,
    signingKeys,
    accessTokens,
    serviceTokens,
    breachedPasswords,
    challenges,
  };
  const app = await buildApp(deps);
  await app.ready();
  t.after(async () => {
    await app.close();
    await jobs.close();
  });
  return { api: createApi(app), db, deps: { ...deps, ...assembly } };
}
