import { z } from 'zod';
import { databaseChecks } from '../../operations/diagnosis/database/all-checks.ts';
import { runCheck } from '../../operations/diagnosis/finding.ts';
import { makePass, proofFor } from '../../operations/health/arrival-pass.ts';
import { type CommandDependencies, defineCommand } from '../command/command.ts';

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
    const { keys } = deps;
    let failures = 0;
    for (const check of databaseChecks(deps)) {
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
