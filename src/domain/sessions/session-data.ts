import { z } from 'zod';
import { timestamp } from '../../platform/http/schemas.ts';
import { inBatches, type PersonalData } from '../personal-data/personal-data.ts';
import { presentSession, sessionSchema } from './present-session.ts';
import { deleteSessionsOf, readSessionsOf } from './session-store.ts';

const exportedSession = sessionSchema.omit({ current: true }).extend({
  ended_at: timestamp.nullable().describe('Null unless it was ended before it expired'),
  end_reason: z.string().max(50).nullable().meta({ example: 'logout' }),
});

export const sessionData: PersonalData = {
  tables: ['sessions'],
  exported: {
    name: 'sessions',
    schema: () => exportedSession,
    read: async function* (_deps, db, subject) {
      for await (const session of inBatches(readSessionsOf(db, subject)))
        yield {
          ...presentSession(session),
          ended_at: session.revoked_at?.toISOString() ?? null,
          end_reason: session.revoke_reason,
        };
    },
  },
  erase: (_deps, trx, subject) => deleteSessionsOf(trx, subject),
};
