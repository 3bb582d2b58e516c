import type { Configuration } from 'openid-client';
import { z } from 'zod';
import type { ProviderSettings } from '../../configuration/read-providers.ts';
import { codeChallengeOf } from '../../platform/crypto/code-challenge.ts';
import type { GuardedFetch } from '../../platform/outbound/guarded-fetch.ts';
import { type Provider, ProviderError } from './provider.ts';
import { asProviderFault } from './provider-faults.ts';
import { readClaims } from './read-claims.ts';

type Library = typeof import('openid-client');

const user = z.object({
  id: z.int().min(1),
  login: z.string(),
  name: z.string().nullish(),
});
const emails = z.array(
  z.object({ email: z.string(), primary: z.boolean(), verified: z.boolean() }),
);

/** GitHub, or an installation of GitHub Enterprise: OAuth 2.0 without ID tokens. */
export function createGitHubProvider(
  settings: ProviderSettings,
  fetch: GuardedFetch,
  redirectUri: string,
): Provider {
  const issuer = settings.issuer.replace(/\/$/, '');
  const api = issuer === 'https://github.com' ? 'https://api.github.com' : `${issuer}/api/v3`;
  const asking = async <T>(work: (library: Library, known: Configuration) => Promise<T>) => {
    const library = await import('openid-client');
    return asProviderFault(library, () =>
      work(library, configure(library, settings, issuer, fetch)),
    );
  };
  return {
    settings,
    begin: ({ state, codeVerifier }) =>
      asking(async (library, known) =>
        library.buildAuthorizationUrl(known, {
          redirect_uri: redirectUri,
          scope: settings.scopes,
          state,
          code_challenge: codeChallengeOf(codeVerifier),
          code_challenge_method: 'S256',
        }),
      ),
    redeem: (answer, { state, codeVerifier }) =>
      asking(async (library, known) => {
        const came = new URL(`${redirectUri}?${answer.toString()}`);
        const checks = { expectedState: state, pkceCodeVerifier: codeVerifier };
        const { access_token: token } = await library.authorizationCodeGrant(known, came, checks);
        const ask = <T>(path: string, schema: z.ZodType<T>): Promise<T> =>
          askApi(library, known, { url: new URL(`${api}${path}`), token, schema });
        const { id, login, name } = await ask('/user', user);
        const primary = (await ask('/user/emails', emails)).find((one) => one.primary);
        return readClaims(settings, {
          iss: issuer,
          // A login can be given up, and then belongs to somebody else.
          sub: String(id),
          name,
          preferred_username: login,
          email: primary?.email,
          email_verified: primary?.verified,
        });
      }),
  };
}

function configure(
  library: Library,
  { clientId, clientSecret }: ProviderSettings,
  issuer: string,
  fetch: GuardedFetch,
): Configuration {
  const known = new library.Configuration(
    {
      issuer,
      authorization_endpoint: `${issuer}/login/oauth/authorize`,
      token_endpoint: `${issuer}/login/oauth/access_token`,
    },
    clientId,
    {},
    library.ClientSecretPost(clientSecret),
  );
  known[library.customFetch] = fetch as never;
  // oxlint-disable-next-line typescript/no-deprecated -- on this machine only, which the fetch checks
  if (issuer.startsWith('http:')) library.allowInsecureRequests(known);
  return known;
}

type Question<T> = { url: URL; token: string; schema: z.ZodType<T> };

async function askApi<T>(
  library: Library,
  known: Configuration,
  { url, token, schema }: Question<T>,
): Promise<T> {
  const headers = new Headers({ accept: 'application/vnd.github+json' });
  const answer = await library.fetchProtectedResource(known, token, url, 'GET', null, headers);
  const parsed = answer.ok ? schema.safeParse(await answer.json()) : null;
  if (parsed?.success) return parsed.data;
  throw new ProviderError('wrong_answer', 'api', 'the API did not answer as documented');
}
