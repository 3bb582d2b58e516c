import type { RawBuilder } from 'kysely';
import { z } from 'zod';
import type { Database, Transaction } from '../../platform/database/database.ts';
import { text } from '../../platform/http/schemas.ts';
import type { Dependencies } from '../dependencies.ts';
import type { Party } from '../realms/realms.ts';
import type { ProofMethod } from '../sessions/proof.ts';

/** As `GET …/me/factors` shows it, and `docs/second-factors.md` explains it. */
export type Factor = {
  id: string;
  kind: FactorKindName;
  name: string;
  created_at: Date;
  last_used_at: Date | null;
};

export type FactorKindName = 'totp' | 'passkey';

/** What the owner calls a factor. */
export const factorName = text(100, z.string().trim().min(1))
  .refine((name) => !/\p{Cc}/u.test(name), 'must not have control characters')
  .meta({ example: 'My phone' });

/** What was shown, and since when the account has that factor. */
export type Shown = { methods: readonly ProofMethod[]; since: Date };

/** `spent`: it was right, and has been used. Refused like a wrong one, but it is no guess. */
export type Verdict = Shown | 'spent' | 'wrong';

type Attempt<Value> = { owner: Party; value: Value; ip: string };

type KindOf<Schema extends z.ZodType> = {
  readonly name: FactorKindName;
  /** Whether it signs in alone: the last way in cannot be removed. */
  readonly signsInAlone: boolean;
  /**
   * The member of the bodies of `login/second-factor` and `reauthenticate` that proves it, and its
   * word in `details.methods`.
   */
  readonly member: 'code' | 'passkey';
  readonly schema: Schema;
  /** SQL: whether the account could prove itself with it now. One statement asks all kinds. */
  isOffered(owner: Party): RawBuilder<boolean>;
  /**
   * Checks and burns what was sent, in one statement, so that it counts once. It need not count
   * guesses: who calls it does.
   */
  verify(deps: Dependencies, attempt: Attempt<z.output<Schema>>): Promise<Verdict>;
  /** The factors in force. */
  list(db: Database | Transaction, owner: Party): Promise<Factor[]>;
  /** Ends one, in force or not; false if the account has none of that id. */
  remove(trx: Transaction, owner: Party, id: string): Promise<boolean>;
  removeAll(trx: Transaction, owner: Party): Promise<void>;
};

/**
 * A kind of second factor. A part names its kinds in its `factors`; then they are listed, removed,
 * reset, asked for at sign-in and taken as a proof without a word anywhere else.
 *
 * A part that puts a factor in force does so in one transaction: it locks the account and checks
 * the proof with `lockProven`, inserts, and calls `factorAdded`, which tells the owner.
 */
export type FactorKind = KindOf<z.ZodType>;

/** Keeps the type of the member while the kind is written. */
export function defineFactorKind<Schema extends z.ZodType>(kind: KindOf<Schema>): FactorKind {
  return kind;
}

/** The kinds of all parts. */
export type FactorKinds = { readonly factorKinds: readonly FactorKind[] };
