import { z } from 'zod';
import { timestamp } from '../../platform/http/schemas.ts';
import { inBatches, type PersonalData } from '../personal-data/personal-data.ts';
import { presentSession, sessionSchema } from './present-session.ts';
import { deleteSessionsOf, readSessionsOf } from './session-store.ts';

const exportedSession = sessionSchema.omit({ current: true }).extend({
  methods: z
    .string()
    .max(50)
    .describe('What was shown, in the words of RFC 8176')
    .meta({ example: 'pwd otp' }),
  level: z.int().min(1).max(2).describe('2: two factors were shown'),
  authenticated_at: timestamp.nullable().describe('When it was last proven; null: when created'),
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
          methods: session.methods,
          level: session.level,
          authenticated_at: session.authenticated_at?.toISOString() ?? null,
          ended_at: session.revoked_at?.toISOString() ?? null,
          end_reason: session.revoke_reason,
        };
    },
  },
  erase: (_deps, trx, subject) => deleteSessionsOf(trx, subject),
};
