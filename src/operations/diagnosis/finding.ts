/** What a check found: the cause, and what to do about it where something is to be done. */
export type Finding = {
  check: string;
  status: 'ok' | 'warning' | 'failed' | 'skipped';
  cause: string;
  advice?: string;
};

export type Found = Omit<Finding, 'check'>;

export type Check = { name: string; run(signal: AbortSignal): Promise<Found | Found[]> };

export function ok(cause: string): Found {
  return { status: 'ok', cause };
}

export function skipped(cause: string): Found {
  return { status: 'skipped', cause };
}

export function warning(cause: string, advice: string): Found {
  return { status: 'warning', cause, advice };
}

export function failed(cause: string, advice: string): Found {
  return { status: 'failed', cause, advice };
}

/** No check may take longer; those on the network have shorter limits of their own. */
const mostMilliseconds = 10_000;

/** A table or a column that is not there; the check of the version says which migrations lack. */
const olderSchema = ['42P01', '42703'];

/** Never throws, and ends in time whatever the check does. */
export async function runCheck(
  { name, ...check }: Check,
  stop: AbortSignal,
  milliseconds = mostMilliseconds,
): Promise<Finding[]> {
  const late = AbortSignal.timeout(milliseconds);
  const signal = AbortSignal.any([stop, late]);
  const ended = Promise.withResolvers<never>();
  signal.addEventListener('abort', () => ended.reject(new Error('aborted')), { once: true });
  try {
    const found = await Promise.race([check.run(signal), ended.promise]);
    return [found].flat().map((one) => ({ check: name, ...one }));
  } catch (error) {
    if (olderSchema.includes(describeProblem(error)))
      return [
        { check: name, ...skipped('the schema is older than this release: run adl migrate') },
      ];
    const cause = late.aborted ? `no answer in ${milliseconds / 1000} s` : describeProblem(error);
    return [{ check: name, ...failed(cause, 'Look whether what it asks is reachable from here') }];
  }
}

/** The code or the class of an error, never its text: that may hold an address or a password. */
export function describeProblem(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: string };
  return typeof code === 'string' && code !== '' ? code : (name ?? 'unknown');
}
