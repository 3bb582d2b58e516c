import type { Config } from '../configuration/config.ts';
import type { DatabaseEngine } from '../platform/database/database.ts';
import { createPasswordHasher } from '../platform/hashing/password-hasher.ts';
import { networkOf } from '../platform/http/client-address.ts';

/** Loads only the engine in use; the other would cost memory. */
export async function openEngine(
  config: Pick<Config, 'databaseUrl' | 'databaseDirectUrl' | 'databasePoolSize' | 'dataDir'>,
): Promise<DatabaseEngine> {
  if (config.databaseUrl !== undefined) {
    const { openPostgres } = await import('../platform/database/postgres-engine.ts');
    const { databaseUrl: url, databaseDirectUrl: directUrl, databasePoolSize: poolSize } = config;
    return openPostgres({ url, directUrl, poolSize });
  }
  const { openEmbedded } = await import('../platform/database/embedded-engine.ts');
  return openEmbedded(config.dataDir);
}

export function startHasher(config: Config): ReturnType<typeof createPasswordHasher> {
  const {
    hashThreads: threads,
    hashQueueMaxWaitSeconds: maxWaitSeconds,
    passwordHash: target,
  } = config;
  const clientOf = (address: string) => networkOf(address, config.rateLimitIpv6Prefix);
  return createPasswordHasher({ threads, maxWaitSeconds, target, clientOf });
}
