import type { Config } from '../../configuration/config.ts';
import { type FieldFault, invalid } from '../../platform/errors.ts';
import { text } from '../../platform/http/schemas.ts';
import type { Realm } from '../realms/realms.ts';
import { isCommonPassword } from './common-passwords.ts';

const maxCharacters = 128;
// A character takes up to four bytes in UTF-8.
const maxBytes = 4 * maxCharacters;

/** A password typed for a check: taken exactly as received, limited only in size. */
export const typedPassword = text(maxBytes)
  .min(1)
  .refine((value) => Buffer.byteLength(value) <= maxBytes, `must have at most ${maxBytes} bytes`)
  .describe(`Taken as typed; at most ${maxBytes} bytes of UTF-8`)
  .meta({ example: 'correct horse battery staple' });

/** A new password: checks length and common passwords, but no composition rules (ASVS V6.2). */
export function newPassword(config: Config, realm: Realm) {
  const minCharacters = config.passwordMinLength[realm.kind];
  return (
    text(maxBytes)
      .min(1)
      .superRefine((value, context) => {
        const fault = strengthFault(value, minCharacters);
        if (fault)
          context.addIssue({
            code: 'custom',
            message: fault.message,
            params: { type: fault.type },
          });
      })
      .describe(
        `${minCharacters} to ${maxCharacters} characters of any kind. Not a common password, nor your username, your e-mail address, a part of it, or the name of this service`,
      )
      // JSON Schema counts code points; zod would count UTF-16 code units.
      .meta({
        minLength: minCharacters,
        maxLength: maxCharacters,
        example: 'correct horse battery staple',
      })
  );
}

export type PasswordContext = { username: string | null; email: string; projectName: string };

/**
 * Finds passwords that an attacker who knows the person or the product tries first (ASVS V6.2.11).
 * The whole password must not equal the username, the address, its local part, the first label of
 * its domain or the project's name, ignoring case and trailing digits. It must not contain the
 * address or a username of four or more characters. Null if the password is acceptable.
 */
export function contextFault(
  password: string,
  field: string,
  context: PasswordContext,
): FieldFault | null {
  if (!equalsName(password, context) && !containsName(password, context)) return null;
  return {
    field,
    message: 'is too close to the username, the e-mail address or the name of this service',
    type: 'password_guessable',
  };
}

function equalsName(password: string, { username, email, projectName }: PasswordContext): boolean {
  const [localPart = '', domain = ''] = email.split('@');
  const [firstLabel = ''] = domain.split('.', 1);
  const plain = withoutTrailingDigits(password);
  return [username ?? '', email, localPart, firstLabel, projectName].some((name) =>
    // Without trailing digits every number is empty and would equal every other number.
    plain === '' ? password === name : plain === withoutTrailingDigits(name),
  );
}

const shortestContained = 4;

/** Many words contain a short name by chance. No address is that short. */
function containsName(password: string, { username, email }: PasswordContext): boolean {
  const lower = password.toLowerCase();
  return [username ?? '', email].some(
    (name) => name.length >= shortestContained && lower.includes(name.toLowerCase()),
  );
}

/** Throws `ValidationError` with the field if `contextFault` finds a fault. */
export function refuseGuessable(password: string, field: string, context: PasswordContext): void {
  const fault = contextFault(password, field, context);
  if (fault) throw invalid(fault);
}

function strengthFault(
  password: string,
  minCharacters: number,
): { message: string; type: string } | null {
  const characters = [...password].length;
  if (characters < minCharacters) {
    return {
      message: `must have at least ${minCharacters} characters`,
      type: 'password_too_short',
    };
  }
  if (characters > maxCharacters) {
    const message = `must have at most ${maxCharacters} characters and ${maxBytes} bytes`;
    return { message, type: 'password_too_long' };
  }
  return isCommonPassword(password)
    ? { message: 'is one of the most common passwords', type: 'password_common' }
    : null;
}

function withoutTrailingDigits(value: string): string {
  // The lookbehind tries a long run of digits once. Trying it from each digit takes seconds
  // (ReDoS).
  return value.toLowerCase().replace(/(?<!\d)\d+$/, '');
}
