import { z } from 'zod';
import { timestamp, uuid } from '../../platform/http/schemas.ts';
import type { PersonalData } from '../personal-data/personal-data.ts';
import { deleteChallengesOf } from './passkey-challenges.ts';
import { deletePasskeysOf, listPasskeys } from './passkey-store.ts';

const exportedPasskey = z.object({
  id: uuid,
  name: z.string().max(100),
  transports: z.string().max(100).describe('How browsers reach the authenticator'),
  is_synced: z.boolean().describe('Whether it may be on several devices'),
  created_at: timestamp,
  last_used_at: timestamp.nullable(),
});

export const passkeyData: PersonalData = {
  tables: ['passkeys'],
  exported: {
    name: 'passkeys',
    schema: () => exportedPasskey,
    read: async function* (_deps, db, subject) {
      for (const passkey of await listPasskeys(db, subject)) {
        const { id, name, transports, is_synced, created_at, last_used_at } = passkey;
        yield {
          id,
          name,
          transports,
          is_synced,
          created_at: created_at.toISOString(),
          last_used_at: last_used_at?.toISOString() ?? null,
        };
      }
    },
  },
  erase: (_deps, trx, subject) => deletePasskeysOf(trx, subject),
};

export const challengeData: PersonalData = {
  tables: ['passkey_challenges'],
  exported: { nothingBecause: 'hashes of random numbers, which live for five minutes' },
  erase: (_deps, trx, { id }) => deleteChallengesOf(trx, id),
};
