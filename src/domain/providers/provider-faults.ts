import type * as OpenIdClient from 'openid-client';
import { OutboundError } from '../../platform/outbound/guarded-fetch.ts';
import { ProviderError } from './provider.ts';

type Library = Pick<typeof OpenIdClient, 'AuthorizationResponseError' | 'ResponseBodyError'>;

/**
 * Throws whatever fails as a `ProviderError`. The causes of the library's errors hold tokens, bodies
 * and the provider's words: none of them goes on.
 */
export async function asProviderFault<T>(library: Library, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw providerErrorOf(library, error);
  }
}

function providerErrorOf(library: Library, error: unknown): ProviderError {
  if (error instanceof ProviderError) return error;
  const unreached = [error, causeOf(error)].find((one) => one instanceof OutboundError);
  if (unreached instanceof OutboundError)
    return new ProviderError('provider_unreachable', 'outbound', unreached.message);
  if (
    error instanceof library.AuthorizationResponseError ||
    error instanceof library.ResponseBodyError
  )
    return new ProviderError('provider_refused', wordOf(error.error), 'the provider refused');
  const { code, message } = error instanceof Error ? (error as NodeJS.ErrnoException) : {};
  return new ProviderError('wrong_answer', wordOf(code), message ?? 'not an error');
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}

/** Codes are words of RFC 6749 or of the library; anything else could be text for who reads logs. */
function wordOf(code: string | undefined): string {
  return code !== undefined && /^[a-z_]{1,60}$/i.test(code) ? code : 'other';
}
