import { recordRefusal } from '../../domain/audit/record-event.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { ProviderError, type ProviderFault } from '../../domain/providers/provider.ts';
import type { Party } from '../../domain/realms/realms.ts';
import { AppError, conflict, forbidden, unauthenticated } from '../../platform/errors.ts';

type Reason =
  | ProviderFault
  /** No open attempt of this browser: used, expired, or somebody else's. */
  | 'unknown_attempt'
  | 'no_email'
  | 'account_exists'
  | 'not_active'
  /** It is linked to another account. */
  | 'identity_taken'
  | 'session_ended'
  | 'refused';

/** Why a provider's answer signs nobody in. The audit log has the reason; people see one text. */
export class SignInFailure extends Error {
  readonly reason: Reason;
  readonly subject: Party | null;

  constructor(reason: Reason, subject: Party | null = null) {
    super(reason);
    this.name = 'SignInFailure';
    this.reason = reason;
    this.subject = subject;
  }
}

type Deps = Pick<Dependencies, 'db' | 'keys' | 'logger'>;
type Tried = { event: 'sign_in' | 'identity_linked'; provider: string };

/** Writes down what went wrong: the reason into the audit log, and the rest into the log. */
export async function recordFailure(deps: Deps, error: unknown, tried: Tried): Promise<void> {
  const { event, provider } = tried;
  if (error instanceof AppError && error.details?.reason === 'email_not_verified') return;
  const failure = { event, outcome: 'failure', actor: null } as const;
  const subject = error instanceof SignInFailure ? error.subject : null;
  const details = { reason: reasonOf(error), kind: provider };
  await recordRefusal(deps, { ...failure, subject, details });
  if (error instanceof ProviderError) {
    const { code, message: cause } = error;
    deps.logger.warn({ provider, code, cause }, `Sign-in by a provider failed: ${error.fault}`);
  } else if (!(error instanceof SignInFailure || error instanceof AppError)) {
    deps.logger.error({ err: error, provider }, 'Sign-in by a provider failed');
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof SignInFailure) return error.reason;
  if (error instanceof ProviderError) return error.fault;
  return (error instanceof AppError && error.details?.reason) || 'refused';
}

/** For clients of the API, which can act on it. */
export function asAnswer(error: unknown): unknown {
  if (!(error instanceof SignInFailure)) return error;
  if (error.reason === 'account_exists')
    return conflict(
      'An account has this address: sign in to it, then link the provider',
      'account_exists',
      'user',
    );
  if (error.reason === 'no_email')
    return forbidden('The provider gave no e-mail address', 'no_email');
  return unauthenticated('The sign-in was not accepted', 'sign_in_not_accepted');
}
