import { z } from 'zod';
import { issueCheckpoint } from '../../domain/audit/audit-checkpoint.ts';
import { notFound } from '../../platform/errors.ts';
import { defineCommand } from '../command/command.ts';

export const auditCheckpoint = defineCommand({
  name: 'audit checkpoint',
  summary: 'Sign the end of the audit log; keep the file where no administrator can write',
  operands: [['[file]', 'standard output by default']],
  writesFile: [],
  parameters: z.strictObject({}),
  run: async (deps, _parameters, { send }) => {
    const checkpoint = await issueCheckpoint(deps);
    if (checkpoint === null) throw notFound('There is no event to sign yet');
    await send({ text: `${JSON.stringify(checkpoint)}\n` });
    return { position: checkpoint.position, time: checkpoint.time };
  },
});
