import { z } from 'zod';
import { makePass, proofFor } from '../../operations/health/arrival-pass.ts';
import { type CommandDependencies, defineCommand } from '../command/command.ts';
import { backupsCheck } from '../doctor/database/backups.ts';
import { clockCheck } from '../doctor/database/clock.ts';
import { durabilityCheck } from '../doctor/database/durability.ts';
import { latencyCheck } from '../doctor/database/latency.ts';
import { rightsCheck } from '../doctor/database/rights.ts';
import { schemaCheck } from '../doctor/database/schema.ts';
import { secretCheck } from '../doctor/database/secret.ts';
import { signingKeysCheck } from '../doctor/database/signing-keys.ts';
import { runCheck } from '../doctor/finding.ts';

/**
 * The part of `doctor` that runs where the database is open; it is asked for a pass for the other
 * part.
 */
export const doctorDatabase = defineCommand({
  name: 'doctor database',
  summary: 'The checks of doctor on the database alone',
  isForAnySchema: true,
  parameters: z.strictObject({ withPass: z.boolean().optional() }),
  run: async (deps, { withPass = false }, { send, signal }) => {
    const { db, engine, config, keys } = deps;
    let failures = 0;
    for (const check of [
      latencyCheck(deps),
      clockCheck(db),
      ...(engine.isEmbedded ? [] : [durabilityCheck(db), rightsCheck(db)]),
      schemaCheck(engine, config.redisUrl),
      secretCheck(deps),
      signingKeysCheck(deps),
      backupsCheck(db, config.backup.recipients),
    ]) {
      const found = await runCheck(check, signal);
      for (const finding of found) await send({ item: finding });
      failures += found.filter(({ status }) => status === 'failed').length;
      // Without a database the others would each wait for it in vain.
      if (check.name === 'database' && failures > 0 && !(await answers(deps))) break;
    }
    if (!withPass) return { failures };
    const pass = makePass(keys);
    return { failures, pass, proof: proofFor(keys, pass) };
  },
  isFaulty: ({ failures }) => failures !== 0,
});

async function answers({ engine }: Pick<CommandDependencies, 'engine'>): Promise<boolean> {
  try {
    await (await engine.openMigrationConnection()).close();
    return true;
  } catch {
    return false;
  }
}
