import { z } from 'zod';
import { timestamp, uuid } from '../../platform/http/schemas.ts';
import type { PersonalData } from '../personal-data/personal-data.ts';
import { deleteAttemptsOf } from './attempt-store.ts';
import { deleteIdentitiesOf, listIdentities } from './identity-store.ts';

const exportedIdentity = z.object({
  id: uuid,
  provider: z.string().max(20).meta({ example: 'google' }),
  issuer: z.string().max(2000).meta({ example: 'https://accounts.google.com' }),
  subject: z.string().max(255).describe('What the provider calls the person'),
  email: z.string().max(254).nullable(),
  created_at: timestamp,
  last_used_at: timestamp.nullable(),
});

export const identityData: PersonalData = {
  tables: ['identities'],
  exported: {
    name: 'identities',
    schema: () => exportedIdentity,
    read: async function* (_deps, db, { kind, id }) {
      // Admins have none.
      if (kind === 'admin') return;
      for (const { created_at, last_used_at, user_id, ...identity } of await listIdentities(db, id))
        yield {
          ...identity,
          created_at: created_at.toISOString(),
          last_used_at: last_used_at?.toISOString() ?? null,
        };
    },
  },
  erase: async (_deps, trx, { kind, id }) => {
    if (kind === 'user') await deleteIdentitiesOf(trx, id);
  },
};

export const attemptData: PersonalData = {
  tables: ['provider_attempts'],
  exported: { nothingBecause: 'a browser that is at a provider, for ten minutes' },
  erase: async (_deps, trx, { kind, id }) => {
    if (kind === 'user') await deleteAttemptsOf(trx, id);
  },
};

export const exchangeData: PersonalData = {
  tables: ['provider_exchanges'],
  exported: { nothingBecause: 'an encrypted answer of a provider that lives for a minute' },
  // Nobody can tell whose they are, and each is gone in a minute.
  erase: async () => {},
};
