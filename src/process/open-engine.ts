import type { Config } from '../configuration/config.ts';
import type { DatabaseEngine } from '../platform/database/database.ts';
import { createPasswordHasher } from '../platform/hashing/password-hasher.ts';
import { networkOf } from '../platform/http/client-address.ts';

/** Loads only the engine in use; the other would cost memory. */
export async function openEngine(
  config: Pick<Config, 'databaseUrl' | 'databasePoolSize' | 'dataDir'>,
): Promise<DatabaseEngine> {
  if (config.databaseUrl !== undefined) {
    const { openPostgres } = await import('../platform/database/postgres-engine.ts');
    return openPostgres({ url: config.databaseUrl, poolSize: config.databasePoolSize });
  }
  const { openEmbedded } = await import('../platform/database/embedded-engine.ts');
  return openEmbedded(config.dataDir);
}

export function startHasher(config: Config): ReturnType<typeof createPasswordHasher> {
  const { hashThreads: threads, hashQueueMaxWaitSeconds: maxWaitSeconds, passwordHash: target } = config;
  const clientOf = (address: string) => networkOf(address, config.rateLimitIpv6Prefix);
  return createPasswordHasher({ threads, maxWaitSeconds, target, clientOf });
}
