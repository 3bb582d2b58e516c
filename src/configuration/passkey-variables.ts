import { z } from 'zod';
import { isLoopbackHost } from '../platform/http/client-address.ts';
import { isWebOrigin, parts, variable } from './config-fields.ts';

const problem =
  'must be a comma-separated list of exact https origins or android:apk-key-hash:…, e.g. https://app.example.com';

export const passkeyVariables = {
  PASSKEY_ORIGINS: variable(
    z
      .string()
      .prefault('')
      .transform(parts)
      .refine((origins) => origins.every(isOrigin), problem),
    'Comma-separated list of further origins that passkeys may be used from: subdomains of the host of PUBLIC_URL, or Android apps as android:apk-key-hash:….',
  ),
};

/** Of pages, or of an Android app by the hash of the certificate that it is signed with. */
function isOrigin(value: string): boolean {
  if (/^android:apk-key-hash:[\w-]{43}$/.test(value)) return true;
  return (
    isWebOrigin(value) && (value.startsWith('https:') || isLoopbackHost(new URL(value).hostname))
  );
}
