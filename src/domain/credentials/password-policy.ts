import type { Config } from '../../configuration/config.ts';
import { type FieldFault, invalid } from '../../platform/errors.ts';
import { text } from '../../platform/http/schemas.ts';
import type { Realm } from '../realms/realms.ts';
import { isCommonPassword } from './common-passwords.ts';

const maxCharacters = 128;
// A character has four at most.
const maxBytes = 4 * maxCharacters;

/** A password as somebody types it to prove who they are: taken exactly as received, only bounded. */
export const typedPassword = text(maxBytes)
  .min(1)
  .refine((value) => Buffer.byteLength(value) <= maxBytes, `must have at most ${maxBytes} bytes`)
  .describe(`Taken as typed; at most ${maxBytes} bytes of UTF-8`)
  .meta({ example: 'correct horse battery staple' });

/** A password that is to be set: length and common passwords; any character counts, none is required (ASVS V6.2). */
export function newPassword(config: Config, realm: Realm) {
  const minCharacters = config.passwordMinLength[realm.kind];
  return (
    text(maxBytes)
      .min(1)
      .superRefine((value, context) => {
        const fault = strengthFault(value, minCharacters);
        if (fault) context.addIssue({ code: 'custom', message: fault.message, params: { type: fault.type } });
      })
      .describe(
        `${minCharacters} to ${maxCharacters} characters of any kind; no common password, and not your username, your e-mail address, a part of it, or the name of this service`,
      )
      // In characters, as JSON Schema counts; zod would count halves of them.
      .meta({
        minLength: minCharacters,
        maxLength: maxCharacters,
        example: 'correct horse battery staple',
      })
  );
}

export type PasswordContext = { username: string; email: string; projectName: string };

/**
 * Refuses what an attacker who knows the person or the product tries first (ASVS V6.2.11): the username, the address,
 * either half of it or the project's name as the whole password, without regard to case and trailing digits; and the
 * address or a username of four or more characters inside it. Null where it is fine.
 */
export function contextFault(password: string, field: string, context: PasswordContext): FieldFault | null {
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
  return [username, email, localPart, firstLabel, projectName].some((name) =>
    // Without its digits a number is nothing, and equals every other.
    plain === '' ? password === name : plain === withoutTrailingDigits(name),
  );
}

const shortestContained = 4;

/** A short name is inside many a word by chance. No address is that short. */
function containsName(password: string, { username, email }: PasswordContext): boolean {
  const lower = password.toLowerCase();
  return [username, email].some(
    (name) => name.length >= shortestContained && lower.includes(name.toLowerCase()),
  );
}

/** Throws `ValidationError` naming the field where the password is too close to what is known of its owner. */
export function refuseGuessable(password: string, field: string, context: PasswordContext): void {
  const fault = contextFault(password, field, context);
  if (fault) throw invalid(fault);
}

function strengthFault(password: string, minCharacters: number): { message: string; type: string } | null {
  const characters = [...password].length;
  if (characters < minCharacters) {
    return { message: `must have at least ${minCharacters} characters`, type: 'password_too_short' };
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
  // Looks back, so that a long run of digits is tried once and not from each of its digits: that takes seconds.
  return value.toLowerCase().replace(/(?<!\d)\d+$/, '');
}
