import type { Dependencies } from '../../../domain/dependencies.ts';
import type { Check } from '../finding.ts';
import { backupsCheck } from './backups.ts';
import { clockCheck } from './clock.ts';
import { durabilityCheck } from './durability.ts';
import { latencyCheck } from './latency.ts';
import { rightsCheck } from './rights.ts';
import { schemaCheck } from './schema.ts';
import { secretCheck } from './secret.ts';
import { signingKeysCheck } from './signing-keys.ts';

/** What is asked of the database, where it is open. The first finds out whether it answers. */
export function databaseChecks(
  deps: Pick<Dependencies, 'db' | 'engine' | 'config' | 'keys'>,
): Check[] {
  const { db, engine, config } = deps;
  return [
    latencyCheck(deps),
    clockCheck(db),
    ...(engine.isEmbedded ? [] : [durabilityCheck(db), rightsCheck(db)]),
    schemaCheck(engine, config.redisUrl),
    secretCheck(deps),
    signingKeysCheck(deps),
    backupsCheck(db, config.backup.recipients),
  ];
}
