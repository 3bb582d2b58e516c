import type { ListedUser } from '../../../../client/src/api.ts';

const columns = [
  'id',
  'username',
  'email',
  'full_name',
  'is_active',
  'is_email_verified',
  'is_superuser',
  'created_at',
  'updated_at',
  'legacy_id',
] as const;

/** RFC 4180. */
export function csvOf(users: readonly ListedUser[]): string {
  const lines = users.map((user) => columns.map((column) => cell(user[column])).join(','));
  return `${[columns.join(','), ...lines].join('\r\n')}\r\n`;
}

/** A spreadsheet runs a text that begins like a formula; the apostrophe makes it text. */
function cell(value: string | boolean | null): string {
  const text = value === null ? '' : String(value);
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
