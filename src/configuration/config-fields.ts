import { z } from 'zod';
import { parseCidrList } from '../platform/http/cidr.ts';
import { isLoopbackHost } from '../platform/http/client-address.ts';

type Documented = { description: string; shownDefault?: string | number };

/** One variable: its schema over the raw text, and its description for `.env.example`. */
export function variable<T extends z.ZodType>(
  schema: T,
  description: string,
  shownDefault?: string | number,
): T {
  const meta: Documented = { description, ...(shownDefault === undefined ? {} : { shownDefault }) };
  return schema.meta(meta);
}

export function whole(min: number, max: number, fallback: number, description: string) {
  const schema = z
    .string()
    .regex(/^\d{1,9}$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be a whole number from ${min} to ${max}`)
    .prefault(String(fallback));
  return variable(schema, description, fallback);
}

export function oneOf<const T extends readonly [string, ...string[]]>(values: T, what: string) {
  return z.enum(values, `must be one of ${values.join(', ')}`).meta({ description: what });
}

export function yesNo(fallback: boolean, description: string) {
  const schema = z
    .enum(['true', 'false'], 'must be true or false')
    .prefault(fallback ? 'true' : 'false');
  return variable(
    schema.transform((value) => value === 'true'),
    description,
    String(fallback),
  );
}

/** An address, or a word that makes the default explicit and becomes undefined. */
export function addressOr(
  word: string,
  schemes: string[],
  description: string,
  shownDefault: string,
) {
  const problem = `must be ${word} or an address that starts with ${startsOf(schemes)}`;
  const schema = z.string().refine((value) => value === word || hasScheme(value, schemes), problem);
  const addressAlone = schema.transform((value) => (value === word ? undefined : value));
  return variable(addressAlone.optional(), description, shownDefault);
}

export function address(schemes: string[], description: string, shownDefault?: string) {
  const problem = `must be an address that starts with ${startsOf(schemes)}`;
  const schema = z.string().refine((value) => hasScheme(value, schemes), problem);
  return variable(schema.optional(), description, shownDefault);
}

function startsOf(schemes: string[]): string {
  return schemes.map((scheme) => `${scheme}://`).join(' or ');
}

function hasScheme(value: string, schemes: string[]): boolean {
  return URL.canParse(value) && schemes.includes(new URL(value).protocol.slice(0, -1));
}

/** A public URL: an origin and an optional path. Trailing slashes are removed. */
export function publicAddress(description: string, shownDefault?: string) {
  const problem = 'must be an http or https address without credentials, query or fragment';
  const schema = z.string().refine(isPlainWebAddress, problem);
  return variable(
    schema.transform((value) => value.replace(/\/+$/, '')).optional(),
    description,
    shownDefault,
  );
}

function isPlainWebAddress(value: string): boolean {
  // Paths are appended to the raw text, and URL tolerates spaces, backslashes and a bare ? or #.
  if (!/^https?:\/\/[^\s?#\\]+$/i.test(value) || !URL.canParse(value)) return false;
  const { username, password } = new URL(value);
  return username === '' && password === '';
}

/** Of a list with commas. */
export function parts(list: string): string[] {
  return list
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);
}

export function mailAddresses(description: string) {
  const list = z.string().prefault('').transform(parts);
  const isAddress = (value: string): boolean => z.email().safeParse(value).success;
  return variable(
    list.refine(
      (values) => values.every(isAddress),
      'must be a comma-separated list of e-mail addresses',
    ),
    description,
  );
}

/** Addresses with ports; IPv6 in brackets. */
export function servers(description: string) {
  const list = z.string().prefault('').transform(parts);
  const problem =
    'must be a comma-separated list of addresses with ports, e.g. 10.0.0.1:26379,10.0.0.2:26379';
  const isServer = (text: string): boolean =>
    /^(\[[0-9a-f:.]+\]|[\w.-]+):\d{1,5}$/i.test(text) && URL.canParse(`tcp://${text}`);
  const toServer = (text: string) => {
    const { hostname, port } = new URL(`tcp://${text}`);
    return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) };
  };
  return variable(
    list.refine((all) => all.every(isServer), problem).transform((all) => all.map(toServer)),
    description,
  );
}

export function ageRecipients(description: string) {
  const list = z.string().prefault('').transform(parts);
  const problem =
    'must be a comma-separated list of age recipients, e.g. age1…, as age-keygen prints them';
  // The checksum is for who encrypts: the service does not load what checks it.
  const isRecipient = (value: string): boolean => /^age1[02-9ac-hj-np-z]{58,}$/.test(value);
  return variable(
    list.refine((values) => values.every(isRecipient), problem),
    description,
  );
}

/** A path, or a bucket behind https; plain http for tests on this machine. */
export function isBackupPlace(value: string): boolean {
  if (!/^[a-z][a-z0-9+.-]*:/i.test(value)) return /^[^\p{Cc}]+$/u.test(value);
  if (!isPlainWebAddress(value)) return false;
  const { protocol, hostname, pathname } = new URL(value);
  return (protocol === 'https:' || isLoopbackHost(hostname)) && /[^/]/.test(pathname);
}

const brandingSchema = z.strictObject({
  accent: z
    .string()
    .regex(/^#[\da-f]{6}$/i)
    .optional(),
  logo: z
    .string()
    .regex(/\.(svg|png|webp)$/i)
    .optional(),
  terms_url: z.string().refine(isPlainWebAddress).optional(),
  privacy_url: z.string().refine(isPlainWebAddress).optional(),
});

export function brandingFields(description: string) {
  const problem =
    'must be a JSON object with accent, logo, terms_url and privacy_url only, e.g. {"accent":"#0f766e"}';
  const schema = z
    .string()
    .prefault('{}')
    .transform((value, context) => {
      const parsed = brandingSchema.safeParse(parseJson(value));
      if (parsed.success) return parsed.data;
      context.addIssue({ code: 'custom', message: problem });
      return z.NEVER;
    });
  return variable(schema, description);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export function metadataNames(description: string) {
  const list = z.string().prefault('').transform(parts);
  const problem = 'must be a comma-separated list of at most 20 names, e.g. plan,roles';
  const areNames = (names: string[]): boolean =>
    names.length <= 20 && names.every((name) => /^[A-Za-z0-9_-]{1,64}$/.test(name));
  return variable(list.refine(areNames, problem), description);
}

export function cidrs(fallback: string, description: string) {
  const schema = z
    .string()
    .prefault(fallback)
    .transform((value, context) => {
      try {
        return parseCidrList(value);
      } catch {
        context.addIssue({
          code: 'custom',
          message: 'must be a comma-separated list of CIDR ranges, e.g. 10.0.0.0/8,::1/128',
        });
        return z.NEVER;
      }
    });
  return variable(schema, description, fallback || undefined);
}

export function exactOrigins(description: string, shownDefault: string) {
  const exact = z
    .string()
    .transform(parts)
    .refine(
      (origins) => origins.every(isWebOrigin),
      'must be a comma-separated list of exact origins, e.g. https://app.example.com',
    );
  return variable(exact.optional(), description, shownDefault);
}

export function isWebOrigin(value: string): boolean {
  return /^https?:[^*]+$/.test(value) && URL.canParse(value) && new URL(value).origin === value;
}

/** Rejects short, well-known and non-random values: anyone could sign tokens with such a key. */
export const secret = z
  .string()
  .refine((value) => Buffer.byteLength(value) >= 32, 'must be at least 32 bytes of random text')
  .refine(
    (value) => !isWellKnown(value),
    'is a well-known or guessable value: generate a random one',
  );

// The key from FastAPI's tutorial, found in many deployments.
const published = '09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7';

function isWellKnown(value: string): boolean {
  const plain = value.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  const placeholder =
    /changeme|changethis|secret|replaceme|placeholder|example|password|insecure|qwerty/;
  if (placeholder.test(plain) || plain === published) return true;
  return new Set(value).size < 8 || isRepeated(value) || isSequence(value);
}

/** One substring repeated; the last repetition may be incomplete. */
function isRepeated(value: string): boolean {
  const longest = Math.floor(value.length / 2);
  return Array.from({ length: longest }, (_, index) => index + 1).some(
    (period) => value.slice(period) === value.slice(0, -period),
  );
}

/** Runs of the alphabet, of digits or of one character: each follows from the one before. */
function isSequence(value: string): boolean {
  const steps = [...value].filter(
    (character, index) =>
      index > 0 && Math.abs(character.charCodeAt(0) - value.charCodeAt(index - 1)) <= 1,
  );
  return steps.length > value.length / 2;
}
