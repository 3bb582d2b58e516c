import type { WebAuthnError } from '@simplewebauthn/browser';
import type {
  PasskeyAssertionInput as PasskeyAssertion,
  PasskeyCreationInput as PasskeyCreation,
  PasskeyCreationOptions,
  PasskeyRequestOptions,
} from '../../../client/src/api.ts';
import { type FailedCeremony, PasskeyFailure } from './passkey-failure.ts';

export const hasPasskeySupport = 'PublicKeyCredential' in globalThis;

/** It translates between JSON and browsers, which not all of them do themselves. */
const library = () => import('@simplewebauthn/browser');

/** Has the browser ask the person, and an authenticator make a passkey. Throws `PasskeyFailure`. */
export async function makePasskey(options: PasskeyCreationOptions): Promise<PasskeyCreation> {
  const { startRegistration } = await library();
  const optionsJSON = options as Parameters<typeof startRegistration>[0]['optionsJSON'];
  return startRegistration({ optionsJSON }).catch(failing);
}

/** The same to use one. With `inAutofill` it waits until one is chosen in the field. */
export async function usePasskey(
  optionsJSON: PasskeyRequestOptions,
  { inAutofill = false } = {},
): Promise<PasskeyAssertion> {
  const { startAuthentication } = await library();
  return startAuthentication({ optionsJSON, useBrowserAutofill: inAutofill }).catch(failing);
}

export async function hasAutofill(): Promise<boolean> {
  if (!hasPasskeySupport) return false;
  const { browserSupportsWebAuthnAutofill } = await library();
  return browserSupportsWebAuthnAutofill().catch(() => false);
}

/** Ends what waits in a field; a page that is left must not sign anybody in. */
export async function endCeremony(): Promise<void> {
  const { WebAuthnAbortService } = await library();
  WebAuthnAbortService.cancelCeremony();
}

const kinds: Partial<Record<WebAuthnError['code'], FailedCeremony>> = {
  ERROR_CEREMONY_ABORTED: 'cancelled',
  ERROR_AUTHENTICATOR_PREVIOUSLY_REGISTERED: 'known',
  ERROR_AUTHENTICATOR_MISSING_DISCOVERABLE_CREDENTIAL_SUPPORT: 'unsuitable',
  ERROR_AUTHENTICATOR_MISSING_USER_VERIFICATION_SUPPORT: 'unsuitable',
  ERROR_AUTHENTICATOR_NO_SUPPORTED_PUBKEYCREDPARAMS_ALG: 'unsuitable',
};

function failing(error: unknown): never {
  const { code, name } = error as Partial<WebAuthnError>;
  const known = code === undefined ? undefined : kinds[code];
  // Browsers do not say whether somebody cancelled, waited too long, or has no passkey.
  const isCancelled = name === 'NotAllowedError' || name === 'AbortError';
  throw new PasskeyFailure(known ?? (isCancelled ? 'cancelled' : 'failed'), error);
}
