import { z } from 'zod';
import { recordEvent } from '../../domain/audit/record-event.ts';
import { partyOf, userRealm } from '../../domain/realms/realms.ts';
import { writeExport } from '../../flows/data-export/write-export.ts';
import { defineCommand } from '../command/command.ts';
import { requireAccountCalled } from '../command/find-account.ts';

export const userExportData = defineCommand({
  name: 'user export-data',
  summary: 'Export all that is stored about one user, as the user can',
  operands: [
    ['<user>', 'username, e-mail address or id'],
    ['[file]', 'standard output by default'],
  ],
  writesFile: [],
  parameters: z.strictObject({ user: z.string() }),
  run: async (deps, { user }, { send, signal }) => {
    const { id, username, email } = await requireAccountCalled(deps.db, userRealm, user);
    const subject = partyOf(userRealm, id);
    await recordEvent(deps, deps.db, { event: 'data_exported', subject });
    const service = await deps.openService();
    for await (const text of writeExport(service, { ...subject, username, email })) {
      await send({ text });
      signal.throwIfAborted();
    }
    await send({ text: '\n' });
    return { id, exported: true };
  },
});
