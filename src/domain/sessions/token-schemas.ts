import { z } from 'zod';

const accessToken = z
  .string()
  .max(4096)
  .describe('JWT; send it in the header Authorization: Bearer')
  .meta({ example: 'eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiIw' });
const itsUse = {
  token_type: z.literal('bearer'),
  expires_in: z
    .int()
    .min(0)
    .describe('Lifetime of the access token in seconds')
    .meta({ example: 900 }),
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
  .meta({
    id: 'TokenPair',
    description: 'New tokens for clients that store the refresh token themselves',
  });

export const cookieTokensSchema = z.object({ access_token: accessToken, ...itsUse }).meta({
  id: 'CookieTokens',
  description: 'New tokens in cookie mode; the refresh token is in the cookie',
});

/** The first schema that matches is used, so the one with more members comes first. */
export const tokensSchema = z.union([tokenPairSchema, cookieTokensSchema]).meta({ id: 'Tokens' });

export type TokenPair = z.output<typeof tokenPairSchema>;
