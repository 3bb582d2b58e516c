/** The database cannot be reached or did not answer in time; the operation's outcome may be unknown. */
export class DatabaseUnavailableError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'DatabaseUnavailableError';
  }
}

/** A server that takes no writes is none: neither a sign-in nor the end of a session could be kept there. */
export function readOnlyServer(): DatabaseUnavailableError {
  return new DatabaseUnavailableError('the server is read-only', { code: 'read-only' });
}

/** The SQLSTATE of a database's own error, else null. */
export function sqlStateOf(error: unknown): string | null {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !code.startsWith('E') ? code : null;
}

/** The constraint that an insert or update ran into, else null. */
export function violatedConstraint(error: unknown): string | null {
  const constraint = (error as { constraint?: unknown } | null)?.constraint;
  return sqlStateOf(error) === '23505' && typeof constraint === 'string' ? constraint : null;
}

// Connection lost (08), resources and disk (53, 58), shut down (57P0x), cancelled by a timeout (57014), a lock
// not had in time (55P03), deadlock and serialisation (40), read-only standby (25006), idle in transaction (25P03).
const temporary = /^(08...|53...|58...|57P0.|57014|55P03|40...|25006|25P03)$/;

/** True where the same request may succeed a little later: it is answered 503, never 500. */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (error instanceof DatabaseUnavailableError) return true;
  const state = sqlStateOf(error);
  return (
    (state !== null && temporary.test(state)) || (error as NodeJS.ErrnoException | null)?.code === 'ENOSPC'
  );
}
