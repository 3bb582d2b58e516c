import { sql } from 'kysely';
import { z } from 'zod';
import { text } from '../../platform/http/schemas.ts';
import type { Dependencies } from '../dependencies.ts';
import type { Party } from '../realms/realms.ts';
import { useRecoveryCode } from './factor-changes.ts';
import { defineFactorKind, type Factor, type Verdict } from './factor-kind.ts';
import { hasRecoveryCode, readRecoveryCode } from './recovery-code-store.ts';
import { openTotpSecret, sealTotpSecret, stepOfCode } from './totp-secret.ts';
import {
  burnStep,
  deleteTotp,
  deleteTotpsOf,
  findTotpsInForce,
  hasTotpInForce,
  listTotps,
} from './totp-store.ts';

type Deps = Pick<Dependencies, 'db' | 'jobs' | 'keys' | 'logger'>;

/** As it is typed: apps show it with a blank, and recovery codes have dashes. */
export const typedCode = text(40, z.string().min(1)).meta({ example: '492039' });

/** An app that shows codes. Its member also takes recovery codes, which any account may have. */
export const totpKind = defineFactorKind({
  name: 'totp',
  signsInAlone: false,
  member: 'code',
  schema: typedCode,
  isOffered: (owner) => sql`${hasTotpInForce(owner)} OR ${hasRecoveryCode(owner)}`,
  verify: (deps, { owner, value }) => verifyCode(deps, owner, value),
  list: async (db, owner) => (await listTotps(db, owner)).map(asFactor),
  remove: deleteTotp,
  removeAll: deleteTotpsOf,
});

function asFactor({ confirmed_at, ...factor }: Omit<Factor, 'kind'> & { confirmed_at: unknown }) {
  return { kind: 'totp', ...factor } as const;
}

async function verifyCode(deps: Deps, owner: Party, typed: string): Promise<Verdict> {
  const recoveryCode = readRecoveryCode(typed);
  if (recoveryCode === null) return verifyTotp(deps, owner, typed);
  const since = await useRecoveryCode(deps, owner, recoveryCode);
  return since instanceof Date ? { methods: ['swk'], since } : since;
}

async function verifyTotp(deps: Deps, owner: Party, typed: string): Promise<Verdict> {
  const code = typed.replaceAll(/\s/g, '');
  let verdict: Verdict = 'wrong';
  for (const factor of await findTotpsInForce(deps.db, owner)) {
    const place = { id: factor.id, owner };
    const secret = openTotpSecret(deps.keys, place, factor);
    const step = secret && stepOfCode(secret, code, factor.seconds_now);
    if (secret === null || step === null) continue;
    const { current } = deps.keys;
    const sealed =
      factor.key_id === current.kid
        ? factor
        : { id: factor.id, ...sealTotpSecret(current, place, secret) };
    if (await burnStep(deps.db, { factor: sealed, owner, step, from: 'in force' }))
      return { methods: ['otp'], since: factor.confirmed_at };
    verdict = 'spent';
  }
  return verdict;
}
