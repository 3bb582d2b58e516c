import { z } from 'zod';
import { timestamp } from '../../platform/http/schemas.ts';
import type { PersonalData } from '../personal-data/personal-data.ts';
import { deleteChallengesOf } from './challenge-store.ts';
import { deleteRecoveryCodesOf, listRecoveryCodes } from './recovery-code-store.ts';
import { deleteTotpsOf, listTotps } from './totp-store.ts';

const exportedTotp = z.object({
  name: z.string().max(100).meta({ example: 'My phone' }),
  created_at: timestamp,
  last_used_at: timestamp.nullable(),
});

export const totpData: PersonalData = {
  tables: ['totp_factors'],
  exported: {
    name: 'authenticator_apps',
    schema: () => exportedTotp,
    read: async function* (_deps, db, subject) {
      for (const { name, created_at, last_used_at } of await listTotps(db, subject))
        yield {
          name,
          created_at: created_at.toISOString(),
          last_used_at: last_used_at?.toISOString() ?? null,
        };
    },
  },
  erase: (_deps, trx, subject) => deleteTotpsOf(trx, subject),
};

const exportedCode = z.object({ created_at: timestamp, used_at: timestamp.nullable() });

export const recoveryCodeData: PersonalData = {
  tables: ['recovery_codes'],
  exported: {
    name: 'recovery_codes',
    schema: () => exportedCode,
    read: async function* (_deps, db, subject) {
      for (const { created_at, used_at } of await listRecoveryCodes(db, subject))
        yield { created_at: created_at.toISOString(), used_at: used_at?.toISOString() ?? null };
    },
  },
  erase: (_deps, trx, subject) => deleteRecoveryCodesOf(trx, subject),
};

export const challengeData: PersonalData = {
  tables: ['second_factor_challenges'],
  exported: { nothingBecause: 'a sign-in between its two steps lives for five minutes' },
  erase: (_deps, trx, subject) => deleteChallengesOf(trx, subject),
};
