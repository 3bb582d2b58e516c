/** The database is unreachable or timed out; the outcome of the operation may be unknown. */
export class DatabaseUnavailableError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'DatabaseUnavailableError';
  }
}

/** A read-only server counts as unavailable: it can store neither a sign-in nor a sign-out. */
export function readOnlyServer(): DatabaseUnavailableError {
  return new DatabaseUnavailableError('the server is read-only', { code: 'read-only' });
}

/** The SQLSTATE of an error raised by the database, else null. */
export function sqlStateOf(error: unknown): string | null {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !code.startsWith('E')
    ? code
    : null;
}

/** The unique constraint that an insert or update violated, else null. */
export function violatedConstraint(error: unknown): string | null {
  const constraint = (error as { constraint?: unknown } | null)?.constraint;
  return sqlStateOf(error) === '23505' && typeof constraint === 'string' ? constraint : null;
}

// Connection lost (08), resources and disk (53, 58), shutdown (57P0x), cancelled by a timeout
// (57014), lock timeout (55P03), deadlock and serialisation failure (40), read-only standby
// (25006), idle in transaction (25P03).
const temporary = /^(08...|53...|58...|57P0.|57014|55P03|40...|25006|25P03)$/;

/** True if the same request may succeed on a retry: the answer is 503, not 500. */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (error instanceof DatabaseUnavailableError) return true;
  const state = sqlStateOf(error);
  return (
    (state !== null && temporary.test(state)) ||
    (error as NodeJS.ErrnoException | null)?.code === 'ENOSPC'
  );
}
