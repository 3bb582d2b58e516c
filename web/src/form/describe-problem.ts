import { ApiError, NetworkError } from '../../../client/src/client.ts';
import { PasskeyFailure } from '../passkeys/passkey-failure.ts';
import type { Texts } from '../texts/texts.tsx';

/** What went wrong, in words, and where. */
export type FormProblem = {
  message: string | null;
  /** Beside each field. */
  faults: Readonly<Record<string, string>>;
  requestId: string | null;
  /** When it can be tried again, by the clock of this page. */
  waitUntil: number | null;
};

/** `known` are the fields of the form: a fault of any other goes into the message. */
export function describeProblem(error: unknown, known: readonly string[], t: Texts): FormProblem {
  const none = { faults: {}, requestId: null, waitUntil: null };
  if (error instanceof NetworkError) return { ...none, message: t.problem.network };
  if (error instanceof PasskeyFailure)
    return { ...none, message: t.account.passkeys.failures[error.kind] };
  if (!(error instanceof ApiError)) return { ...none, message: t.problem.unexpected };
  const { status, requestId, retryAfterSeconds } = error;
  if (status === 429) {
    return {
      ...none,
      requestId,
      message: null,
      waitUntil: Date.now() + (retryAfterSeconds ?? 60) * 1000,
    };
  }
  if (status === 428) return { ...none, requestId, message: t.problem.challenge };
  if (status === 503) return { ...none, requestId, message: t.problem.unavailable };
  if (status >= 500) return { ...none, requestId, message: t.problem.unexpected };
  if (error.reason === 'reauthentication_required' && error.methods.length === 0)
    return { ...none, requestId: null, message: t.problem.recentSignIn };
  if (status === 412) return { ...none, requestId: null, message: t.problem.conflict };
  if (error.faults.length === 0)
    return { ...none, requestId: null, message: asSentence(error.message) };
  const beside = error.faults.filter(({ field }) => known.includes(field));
  const elsewhere = error.faults.filter(({ field }) => !known.includes(field));
  return {
    ...none,
    faults: Object.fromEntries(beside.map(({ field, message }) => [field, asSentence(message)])),
    message:
      elsewhere.map(({ field, message }) => asSentence(`The ${field} ${message}`)).join(' ') ||
      null,
  };
}

/** The service's messages begin in lower case where the name of a field comes before them. */
function asSentence(message: string): string {
  const begun = /^[a-z]/.test(message) ? `It ${message}` : message;
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}
