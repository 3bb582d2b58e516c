import type { FastifyRequest } from 'fastify';
import type { Dependencies } from '../domain/dependencies.ts';
import type { FactorKinds } from '../domain/factors/factor-kind.ts';
import { requireProof, secondFactorMissing } from '../domain/factors/require-proof.ts';
import type { Realm } from '../domain/realms/realms.ts';
import type { Caller } from '../domain/sessions/session-store.ts';
import { forbidden } from '../platform/errors.ts';

export type ProofDeps = Pick<Dependencies, 'db' | 'config'> & FactorKinds;

/** What a guarded route demands of the session, or grants to it. */
export type Demands = {
  /** A proof in the last 15 minutes; else 403 `reauthentication_required`. */
  wantsProof?: boolean;
  /** Also serves an admin who has yet to set up the second factor that is required of admins. */
  isForSetUp?: boolean;
};

/**
 * Throws 403 for an admin whose second factor is required and not set up, or who has one and has
 * not shown it in this session.
 */
export async function requireSetUp(deps: ProofDeps, realm: Realm, caller: Caller): Promise<void> {
  if (realm.kind !== 'admin' || !deps.config.requireAdminSecondFactor) return;
  const { account, proof } = caller;
  if (!account.has_second_factor)
    throw forbidden('Set up a second factor first', 'second_factor_setup_required');
  if (proof.level === 1) throw await secondFactorMissing(deps, realm, account);
}

/** The checks of a route's demands, once the caller is known. */
export function demandsOf(
  deps: ProofDeps,
  realm: Realm,
  { wantsProof = false, isForSetUp = false }: Demands,
  callerOf: (request: FastifyRequest) => Caller,
) {
  return async (request: FastifyRequest): Promise<void> => {
    if (!isForSetUp) await requireSetUp(deps, realm, callerOf(request));
    if (wantsProof) await requireProof(deps, realm, callerOf(request), 'session');
  };
}
