/** Of a database error only code, table, constraint: its message and detail can quote the row. */
export function serializeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { type: typeof error };
  const described = isDatabaseError(error)
    ? { type: 'DatabaseError', message: databaseMessage(error) }
    : { type: error.name, message: error.message, code: (error as { code?: unknown }).code };
  const cause = error.cause === undefined ? {} : { cause: serializeError(error.cause) };
  return { ...described, stack: framesOf(error), ...cause };
}

/** The same in a few words, with the code of the innermost cause that has one. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const words = isDatabaseError(error) ? databaseMessage(error) : error.message;
  const code = innermostCode(error);
  return code === null || words.includes(code) ? words : `${words} (${code})`;
}

function innermostCode(error: unknown): string | null {
  const { cause, code } = (error ?? {}) as { cause?: unknown; code?: unknown };
  const deeper = cause === undefined ? null : innermostCode(cause);
  return deeper ?? (typeof code === 'string' ? code : null);
}

type DatabaseError = Error & {
  code: string;
  table?: string;
  constraint?: string;
  routine?: string;
};

function isDatabaseError(error: Error): error is DatabaseError {
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && 'severity' in error;
}

function databaseMessage(error: DatabaseError): string {
  const where = [error.table, error.constraint].filter(Boolean).join('.');
  return `SQLSTATE ${error.code}${where ? ` at ${where}` : ''}${error.routine ? ` (${error.routine})` : ''}`;
}

/** Stack frames only. The message at the start is removed first: its lines may look like frames. */
function framesOf({ stack = '', message }: Error): string {
  const start =
    message !== '' && stack.includes(message) ? stack.indexOf(message) + message.length : 0;
  return stack
    .slice(start)
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 12)
    .join('\n');
}
