import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPrivatePostgres } from '../test/postgres/private-postgres.ts';
import { npmStart, type Started } from './npm-start.ts';

const root = join(import.meta.dirname, '..');

/** `npm start` on a PostgreSQL of its own, without limits that all clients of one address share. */
export async function startOnPostgres(
  env: Record<string, string>,
): Promise<Started & { end(): Promise<void> }> {
  const postgres = await startPrivatePostgres();
  const dataDir = mkdtempSync(join(tmpdir(), 'adl-bench-'));
  const service = await npmStart(root, {
    DATA_DIR: dataDir,
    DATABASE_URL: postgres.url(),
    LOG_LEVEL: 'warn',
    RATE_LIMIT_PER_HOUR: '0',
    RATE_LIMIT_ACCOUNT_PER_HOUR: '0',
    ...env,
  });
  const end = async (): Promise<void> => {
    await service.stop();
    await postgres.destroy();
    rmSync(dataDir, { recursive: true });
  };
  return { ...service, end };
}
