import type { ClientAuth, Configuration } from 'openid-client';
import type { ProviderSettings } from '../../configuration/read-providers.ts';
import { codeChallengeOf } from '../../platform/crypto/code-challenge.ts';
import { durations } from '../../platform/durations.ts';
import { joinRunning } from '../../platform/join-running.ts';
import type { GuardedFetch } from '../../platform/outbound/guarded-fetch.ts';
import {
  type AttemptSecrets,
  type ProvidedIdentity,
  type Provider,
  ProviderError,
} from './provider.ts';
import { asProviderFault } from './provider-faults.ts';
import { readClaims } from './read-claims.ts';

const keptMilliseconds = durations.hours(1) * 1000;

type Library = typeof import('openid-client');

/** A provider that is found by its issuer (OpenID Connect Discovery 1.0). */
export function createOpenIdProvider(
  settings: ProviderSettings,
  fetch: GuardedFetch,
  redirectUri: string,
): Provider {
  const discovered = keepFor(keptMilliseconds, async () => discover(settings, fetch));
  return {
    settings,
    begin: (secrets) =>
      asking(async (library) => {
        const configuration = await discovered();
        const parameters = {
          redirect_uri: redirectUri,
          scope: settings.scopes,
          state: secrets.state,
          nonce: secrets.nonce,
          code_challenge: codeChallengeOf(secrets.codeVerifier),
          code_challenge_method: 'S256',
          ...(settings.answersByForm && { response_mode: 'form_post' }),
        };
        return library.buildAuthorizationUrl(configuration, parameters);
      }),
    redeem: (answer, secrets) =>
      asking(async (library) => {
        const came = new URL(`${redirectUri}?${answer.toString()}`);
        return redeem(library, { configuration: await discovered(), settings }, came, secrets);
      }),
  };
}

/** Loaded with the first sign-in by a provider. */
async function asking<T>(work: (library: Library) => Promise<T>): Promise<T> {
  const library = await import('openid-client');
  return asProviderFault(library, () => work(library));
}

async function discover(settings: ProviderSettings, fetch: GuardedFetch): Promise<Configuration> {
  const library = await import('openid-client');
  const issuer = new URL(settings.issuer);
  const configuration = await library.discovery(
    issuer,
    settings.clientId,
    {},
    authenticate(library, settings.clientSecret),
    {
      [library.customFetch]: fetch as never,
      // The fetch allows it on this machine only.
      // oxlint-disable-next-line typescript/no-deprecated -- marked so that it stands out
      execute: issuer.protocol === 'http:' ? [library.allowInsecureRequests] : [],
    },
  );
  // The library trusts TLS where the standard lets it. A signature also holds behind a proxy.
  library.enableNonRepudiationChecks(configuration);
  return configuration;
}

/** As the provider says that it wants the secret; in the body where it takes both. */
function authenticate(library: Library, secret: string | undefined): ClientAuth {
  if (secret === undefined) return library.None();
  const inBody = library.ClientSecretPost(secret);
  const inHeader = library.ClientSecretBasic(secret);
  return (server, client, body, headers) => {
    const { token_endpoint_auth_methods_supported: methods = ['client_secret_basic'] } = server;
    const authenticated = methods.includes('client_secret_post') ? inBody : inHeader;
    return authenticated(server, client, body, headers);
  };
}

type Known = { configuration: Configuration; settings: ProviderSettings };

async function redeem(
  library: Library,
  { configuration, settings }: Known,
  came: URL,
  { state, nonce, codeVerifier }: AttemptSecrets,
): Promise<ProvidedIdentity> {
  const tokens = await library.authorizationCodeGrant(configuration, came, {
    expectedState: state,
    expectedNonce: nonce,
    pkceCodeVerifier: codeVerifier,
    idTokenExpected: true,
  });
  const claims = tokens.claims();
  if (claims === undefined) throw new ProviderError('wrong_answer', 'no_id_token', 'no ID token');
  // The library compares it only where there are several audiences.
  if (claims.azp !== undefined && claims.azp !== settings.clientId)
    throw new ProviderError('wrong_answer', 'wrong_azp', 'the ID token is for another client');
  if (claims.email !== undefined || !configuration.serverMetadata().userinfo_endpoint)
    return readClaims(settings, claims);
  const more = await library.fetchUserInfo(configuration, tokens.access_token, claims.sub);
  return readClaims(settings, { ...more, iss: claims.iss, sub: claims.sub });
}

/** Many at once make it once; what fails is tried again with the next. */
function keepFor<T>(milliseconds: number, make: () => Promise<T>): () => Promise<T> {
  let kept: { value: T; until: number } | null = null;
  const renew = joinRunning(async () => {
    const value = await make();
    kept = { value, until: performance.now() + milliseconds };
    return value;
  });
  return async () => (kept !== null && performance.now() < kept.until ? kept.value : renew());
}
