import { z } from 'zod';
import { checkpointSchema } from '../../domain/audit/audit-checkpoint.ts';
import { recordVerification } from '../../domain/audit/record-verification.ts';
import { verifyAuditChain } from '../../domain/audit/verify-audit-chain.ts';
import { defineCommand } from '../command/command.ts';

export const auditVerify = defineCommand({
  name: 'audit verify',
  summary: 'Find what was changed, removed, inserted or reordered in the audit log',
  options: [['--checkpoint <file>', 'the log must contain what this checkpoint signed']],
  readsJson: 'checkpoint',
  parameters: z.strictObject({ checkpoint: checkpointSchema.optional() }),
  run: async (deps, { checkpoint }, { send }) => {
    const { findings, ...verification } = await verifyAuditChain(deps, { checkpoint });
    await recordVerification(deps, verification);
    for (const finding of findings) await send({ item: finding });
    return verification;
  },
  isFaulty: ({ ok }) => ok !== true,
});
