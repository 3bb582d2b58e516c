import type { Config } from '../../configuration/config.ts';
import type { ProviderSettings } from '../../configuration/read-providers.ts';
import { createGuardedFetch, type GuardedFetch } from '../../platform/outbound/guarded-fetch.ts';
import { createGitHubProvider } from './github-provider.ts';
import { createOpenIdProvider } from './openid-provider.ts';
import { type Provider, ProviderError, type Providers } from './provider.ts';

/** Shorter than a request may take: several calls make one answer. */
const mostMilliseconds = 8000;

/** The providers of the configuration. Nobody is asked before somebody signs in with them. */
export function openProviders(config: Config): Providers {
  const fetch = createGuardedFetch({ allowsPrivate: config.allowsPrivateProviders });
  return new Map(
    config.providers.map((settings) => [
      settings.id,
      within(mostMilliseconds, create(settings, fetch, callbackUrl(config, settings.id))),
    ]),
  );
}

/** What the registration at the provider has to name. From the configuration alone. */
function callbackUrl({ publicUrl }: Pick<Config, 'publicUrl'>, id: string): string {
  return `${publicUrl}/api/users/login/providers/${id}/callback`;
}

function create(settings: ProviderSettings, fetch: GuardedFetch, redirectUri: string): Provider {
  return settings.protocol === 'github'
    ? createGitHubProvider(settings, fetch, redirectUri)
    : createOpenIdProvider(settings, fetch, redirectUri);
}

function within(milliseconds: number, provider: Provider): Provider {
  const inTime = async <T>(work: Promise<T>): Promise<T> => {
    const late = Promise.withResolvers<never>();
    const fail = () =>
      late.reject(new ProviderError('provider_unreachable', 'slow', 'the provider took too long'));
    const timer = setTimeout(fail, milliseconds);
    try {
      return await Promise.race([work, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  };
  return {
    settings: provider.settings,
    begin: (secrets) => inTime(provider.begin(secrets)),
    redeem: (answer, secrets) => inTime(provider.redeem(answer, secrets)),
  };
}
