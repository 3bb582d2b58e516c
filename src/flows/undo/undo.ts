import type { Dependencies } from '../../domain/dependencies.ts';
import { withGoodLink } from '../../domain/one-time-tokens/link-not-good.ts';
import { findOpenLink } from '../../domain/one-time-tokens/link-store.ts';
import { badRequest } from '../../platform/errors.ts';
import { undoDeletion } from '../account-deletion/undo-deletion.ts';
import { undoEmailChange } from '../email-change/undo-email-change.ts';

type Deps = Pick<Dependencies, 'db' | 'hasher' | 'keys' | 'jobs' | 'config' | 'logger'>;

/**
 * Undoes what the link was made for, and says which. Throws the same 400 for every invalid token.
 */
export async function undo(
  deps: Deps,
  request: { token: string; ip: string; signal: AbortSignal },
): Promise<'deletion' | 'email_change'> {
  const deletion = await findOpenLink(deps.db, 'account_deletion_undo', request.token);
  const refusal = () => badRequest('The undo link is invalid or has expired', 'invalid_undo_token');
  if (deletion === null) {
    const event = 'email_change_undone';
    await withGoodLink(deps, { event, refusal }, () => undoEmailChange(deps, request));
    return 'email_change';
  }
  await withGoodLink(deps, { event: 'user_restored', refusal }, () => undoDeletion(deps, deletion));
  return 'deletion';
}
