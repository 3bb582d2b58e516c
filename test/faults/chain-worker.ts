import { chainAuditEvents } from '../../src/domain/audit/chain-audit-events.ts';
import { createKeyRing } from '../../src/platform/crypto/secret-keys.ts';
import { createDatabase } from '../../src/platform/database/database.ts';
import { isDatabaseUnavailable } from '../../src/platform/database/database-errors.ts';
import { openEmbedded } from '../../src/platform/database/embedded-engine.ts';
import { openPostgres } from '../../src/platform/database/postgres-engine.ts';
import { createLogger } from '../../src/platform/logging/logger.ts';
import { recordEvents } from '../audit-chain-calls.ts';
import type { TestApp } from '../test-app.ts';

/**
 * Records events and chains them until it is killed, in the database of the first argument, an
 * address or a directory. Each line that it prints names accounts whose events are committed, or
 * none once they are chained.
 */
const [place = ''] = process.argv.slice(2);
const engine = place.startsWith('postgresql:')
  ? openPostgres({ url: place, poolSize: 2 })
  : await openEmbedded(place);
const db = createDatabase(engine.pool, () => {});
const keys = createKeyRing('the secret of a worker that is killed');
const logger = createLogger({ logLevel: 'error', logFormat: 'json' } as never, process.stderr);
const deps = { db, keys, logger } as unknown as TestApp['deps'];

for (;;) {
  try {
    const accounts = await recordEvents({ db, keys, deps }, 30);
    process.stdout.write(`${accounts.join(' ')}\n`);
    await chainAuditEvents(deps);
    process.stdout.write('\n');
  } catch (error) {
    // On a busy machine a connection may come too late.
    if (!isDatabaseUnavailable(error)) throw error;
  }
}
