/**
 * Runs a command with TEST_DATABASE_URL set to a PostgreSQL of its own.
 *
 *     node scripts/private-postgres.ts -- COMMAND ARG…
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { startPrivatePostgres } from '../test/postgres/private-postgres.ts';
import { atProcessEnd } from '../test/process-end.ts';

try {
  process.exitCode = await runWithDatabase(process.argv.slice(2));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}

async function runWithDatabase([separator, command, ...parameters]: string[]): Promise<number> {
  if (separator !== '--' || command === undefined) {
    throw new Error('usage: node scripts/private-postgres.ts -- COMMAND ARG…');
  }
  const postgres = await startPrivatePostgres({ fast: true });
  const environment = { ...process.env, TEST_DATABASE_URL: postgres.url() };
  const child = spawn(command, parameters, { stdio: 'inherit', env: environment });
  atProcessEnd(() => void child.kill());
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    return code ?? 128 + constants.signals[signal ?? 'SIGKILL'];
  } finally {
    await postgres.destroy();
  }
}
