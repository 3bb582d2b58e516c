import type { SecretKeys } from '../../platform/crypto/secret-keys.ts';
import { findAccount } from '../accounts/account-store.ts';
import { claimOf, type Metadata } from '../accounts/metadata.ts';
import type { Dependencies } from '../dependencies.ts';
import { type Realm, userRealm } from '../realms/realms.ts';
import { encodeRefreshToken, type RefreshToken } from './refresh-token.ts';
import type { TokenProof } from './token-proof.ts';
import type { TokenPair } from './token-schemas.ts';

type Issued = {
  realm: Realm;
  subjectId: string;
  proof: TokenProof;
  refreshToken: RefreshToken;
  keys: SecretKeys;
};

/** Call it after the commit: a token must not exist before its session. */
export async function issueTokenPair(
  deps: Pick<Dependencies, 'accessTokens' | 'config' | 'db' | 'logger'>,
  { realm, subjectId, proof, refreshToken, keys }: Issued,
): Promise<TokenPair> {
  const { sessionId } = refreshToken;
  const appMetadata = realm.kind === 'user' ? await claimFor(deps, subjectId) : undefined;
  const subject = { subjectId, kind: realm.kind, sessionId, proof, appMetadata };
  return {
    access_token: await deps.accessTokens.sign(subject),
    refresh_token: encodeRefreshToken(refreshToken, realm.kind, keys),
    token_type: 'bearer',
    expires_in: deps.config.accessTokenSeconds,
  };
}

/** Read at each issue: a change is in the token of the next sign-in or refresh. */
async function claimFor(
  { db, config, logger }: Pick<Dependencies, 'db' | 'config' | 'logger'>,
  userId: string,
): Promise<Metadata | undefined> {
  if (config.accessTokenMetadata.length === 0) return undefined;
  const user = await findAccount(db, userRealm, userId);
  const claim = claimOf(config.accessTokenMetadata, user?.app_metadata ?? {});
  if (claim !== null) return claim;
  // Refused where it is written; the list of names has grown since.
  logger.warn(
    { user_id: userId },
    'The members in ACCESS_TOKEN_METADATA are too large for an access token',
  );
  return undefined;
}
