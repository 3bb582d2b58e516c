import { z } from 'zod';
import { exportAuditEvents } from '../../domain/audit/export-audit-events.ts';
import { defineCommand } from '../command/command.ts';

/** So many lines are sent together: each message waits until the client takes it. */
const linesTogether = 20;

export const auditExport = defineCommand({
  name: 'audit export',
  summary: 'Export the audit log as NDJSON, in the order of its chain',
  operands: [['[file]', 'standard output by default']],
  options: [['--after <position>', 'go on after the last line of an earlier export']],
  writesFile: [],
  parameters: z.strictObject({
    after: z
      .string()
      .regex(/^\d{1,18}$/, 'must be a position')
      .optional(),
  }),
  run: async (deps, { after }, { send, signal }) => {
    let exported = 0;
    let lines: string[] = [];
    const flush = async () => {
      if (lines.length > 0) await send({ text: lines.join('') });
      exported += lines.length;
      lines = [];
      signal.throwIfAborted();
    };
    for await (const line of exportAuditEvents(deps, after === undefined ? {} : { after })) {
      lines.push(line);
      if (lines.length >= linesTogether) await flush();
    }
    await flush();
    return { exported };
  },
});
