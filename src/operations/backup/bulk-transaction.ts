import { liftLimits } from '../../platform/database/bulk-copy.ts';
import {
  type BulkConnection,
  createDatabase,
  type DatabaseEngine,
  type Transaction,
  transact,
} from '../../platform/database/database.ts';
import { lockMigrations } from '../../platform/database/migrate.ts';
import { explained } from './backup-fault.ts';

/**
 * Work in one transaction without time limits, while no other process migrates: all of it or
 * nothing. `trx` and the connection are the same one.
 */
export async function inBulkTransaction<T>(
  engine: DatabaseEngine,
  work: (trx: Transaction, connection: BulkConnection) => Promise<T>,
): Promise<T> {
  const connection = await engine.openBulkConnection().catch((error: unknown) => {
    throw explained(error);
  });
  try {
    const db = createDatabase(connection.pool, () => {});
    return await transact(db, async (trx) => {
      await liftLimits(connection);
      await lockMigrations(connection);
      return work(trx, connection);
    });
  } catch (error) {
    throw explained(error);
  } finally {
    await connection.close();
  }
}
