import { z } from 'zod';
import type { SecretKeys } from '../../platform/crypto/secret-keys.ts';
import { findAccount } from '../accounts/account-store.ts';
import { claimOf, type Metadata } from '../accounts/metadata.ts';
import type { Dependencies } from '../dependencies.ts';
import { type Realm, userRealm } from '../realms/realms.ts';
import { encodeRefreshToken, type RefreshToken } from './refresh-token.ts';

const accessToken = z
  .string()
  .max(2048)
  .describe('JWT; send it in the header Authorization: Bearer')
  .meta({ example: 'eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiIw' });
const itsUse = {
  token_type: z.literal('bearer'),
  expires_in: z.int().min(0).describe('Lifetime of the access token in seconds').meta({ example: 900 }),
};

export const tokenPairSchema = z
  .object({
    access_token: accessToken,
    refresh_token: z
      .string()
      .max(200)
      .describe('Opaque and single-use: each refresh returns a new one')
      .meta({ example: 'r1.the-newest-refresh-token' }),
    ...itsUse,
  })
  .meta({ id: 'TokenPair', description: 'New tokens for clients that store the refresh token themselves' });

const cookieTokensSchema = z
  .object({ access_token: accessToken, ...itsUse })
  .meta({ id: 'CookieTokens', description: 'New tokens in cookie mode; the refresh token is in the cookie' });

/** The first schema that matches is used, so the one with more members comes first. */
export const tokensSchema = z.union([tokenPairSchema, cookieTokensSchema]).meta({ id: 'Tokens' });

export type TokenPair = z.output<typeof tokenPairSchema>;

type Issued = {
  realm: Realm;
  subjectId: string;
  refreshToken: RefreshToken;
  keys: SecretKeys;
};

/** Call it after the commit: a token must not exist before its session. */
export async function issueTokenPair(
  deps: Pick<Dependencies, 'accessTokens' | 'config' | 'db' | 'logger'>,
  { realm, subjectId, refreshToken, keys }: Issued,
): Promise<TokenPair> {
  const { sessionId } = refreshToken;
  const appMetadata = realm.kind === 'user' ? await claimFor(deps, subjectId) : undefined;
  const subject = { subjectId, kind: realm.kind, sessionId, appMetadata };
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
  logger.warn({ user_id: userId }, 'The members in ACCESS_TOKEN_METADATA are too large for an access token');
  return undefined;
}
