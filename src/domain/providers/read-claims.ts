import { z } from 'zod';
import type { ProviderSettings } from '../../configuration/read-providers.ts';
import { text } from '../../platform/http/schemas.ts';
import { email, fullName } from '../accounts/account-schemas.ts';
import { type ProvidedIdentity, ProviderError } from './provider.ts';

/** Some write booleans as text. */
const flag = z.union([z.boolean(), z.enum(['true', 'false', '1', '0'])]).transform(isSet);

function isSet(value: boolean | string): boolean {
  return value === true || value === 'true' || value === '1';
}

const person = z.object({
  iss: text(2000).min(1),
  // OpenID Connect § 2: at most 255 ASCII characters.
  sub: text(255).min(1),
});

/** Of these a faulty one counts as none. */
const details = {
  email,
  email_verified: flag,
  // Microsoft: whether the tenant has proven to own the domain of the address.
  xms_edov: flag,
  name: fullName,
  preferred_username: text(100),
};

/** Throws `ProviderError` if the claims name nobody. */
export function readClaims(settings: ProviderSettings, claims: object): ProvidedIdentity {
  const { data: who } = person.safeParse(claims);
  if (who === undefined)
    throw new ProviderError('wrong_answer', 'no_subject', 'no issuer or subject');
  const read = <T>(name: keyof typeof details, schema: z.ZodType<T>): T | undefined =>
    schema.safeParse(Reflect.get(claims, name)).data;
  const isVerified =
    read('email_verified', details.email_verified) ?? read('xms_edov', details.xms_edov) ?? false;
  const address = read('email', details.email) ?? null;
  return {
    provider: settings.id,
    issuer: who.iss,
    subject: who.sub,
    email: address,
    provesEmail: address !== null && isVerified && settings.trustsEmail,
    fullName: read('name', details.name) ?? null,
    handle: read('preferred_username', details.preferred_username) ?? null,
  };
}
