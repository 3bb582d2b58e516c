import { z } from 'zod';
import { timestamp } from '../../platform/http/schemas.ts';
import type { PersonalData } from '../personal-data/personal-data.ts';
import { deleteLinksOf, listLinksOf } from './link-store.ts';

const exportedLink = z.object({
  purpose: z.string().max(50).meta({ example: 'password_reset' }),
  email: z
    .string()
    .max(254)
    .describe('The address that it was mailed to')
    .meta({ example: 'ada@example.com' }),
  created_at: timestamp,
  expires_at: timestamp,
  ended_at: timestamp.nullable(),
  return_to: z
    .string()
    .max(2000)
    .nullable()
    .describe('Where the owner wanted to go')
    .meta({ example: '/app/security' }),
  end_reason: z.string().max(50).nullable().meta({ example: 'used' }),
});

export const linkData: PersonalData = {
  tables: ['links'],
  exported: {
    name: 'links',
    schema: () => exportedLink,
    read: async function* (_deps, db, { kind, id }) {
      // Admins have no links.
      if (kind === 'admin') return;
      for (const {
        purpose,
        email,
        created_at,
        expires_at,
        ended_at,
        end_reason,
        return_to,
      } of await listLinksOf(db, id))
        yield {
          purpose,
          email,
          created_at: created_at.toISOString(),
          expires_at: expires_at.toISOString(),
          ended_at: ended_at?.toISOString() ?? null,
          end_reason,
          return_to,
        };
    },
  },
  erase: async (_deps, trx, { kind, id }) => {
    if (kind === 'user') await deleteLinksOf(trx, id);
  },
};
