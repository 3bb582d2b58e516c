import { findCredentialsById } from '../../domain/accounts/account-credentials.ts';
import { recordRefusal } from '../../domain/audit/record-event.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { checkPasskey, countPasskeyUse } from '../../domain/passkeys/check-passkey.ts';
import type { PresentedPasskey } from '../../domain/passkeys/passkey-schemas.ts';
import { hasPasskey } from '../../domain/passkeys/passkey-store.ts';
import { methodsOf } from '../../domain/passkeys/verify-passkey.ts';
import type { Party, Realm } from '../../domain/realms/realms.ts';
import { type Client, openSession } from '../../domain/sessions/open-session.ts';
import type { TokenPair } from '../../domain/sessions/token-schemas.ts';
import { transact } from '../../platform/database/database.ts';
import { unauthenticated } from '../../platform/errors.ts';
import { requireVerifiedEmail } from '../email-verification/require-verified-email.ts';

type Deps = Pick<Dependencies, 'db' | 'jobs' | 'keys' | 'config' | 'accessTokens' | 'logger'>;

/**
 * Opens a session for who used a passkey, which names its account: at level 2 if it verified its
 * user. Throws the same 401 whatever is wrong, and 403 `email_not_verified` as with a password.
 */
export async function signInWithPasskey(
  deps: Deps,
  realm: Realm,
  presented: PresentedPasskey,
  client: Client,
): Promise<TokenPair> {
  const used = await checkPasskey(deps, realm, presented);
  if ('refusal' in used) return refuse(deps, used.owner, used.refusal);
  const { owner, passkey } = used;
  const account = await findCredentialsById(deps.db, realm, owner.id);
  if (!account?.is_active) return refuse(deps, owner, 'not_active');
  // Committed on its own: the alarm about a copied key must outlive the refusal.
  const isCounted = await transact(deps.db, (trx) => countPasskeyUse(deps, trx, realm, used));
  if (!isCounted) return refuse(deps, owner, 'copied_passkey');
  await requireVerifiedEmail(deps, realm, account);
  const tokens = await openSession(deps, realm, account, {
    client,
    methods: methodsOf(used),
    // The account is locked: a passkey that is removed meanwhile opens nothing.
    burn: (trx) => hasPasskey(trx, passkey),
  });
  return tokens ?? refuse(deps, owner, 'not_active');
}

async function refuse(deps: Deps, subject: Party | null, reason: string): Promise<never> {
  const details = { reason };
  const event = { event: 'sign_in', outcome: 'failure', actor: null } as const;
  await recordRefusal(deps, { ...event, subject, details });
  throw unauthenticated('The passkey was not accepted', 'passkey_not_accepted');
}
