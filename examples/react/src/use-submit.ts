import { ApiError, NetworkError } from 'adl-client';
import { type FormEvent, useState, useTransition } from 'react';

type Values = Readonly<Record<string, string>>;
export type Problem = { message: string | null; faults: Values };

/** Sends a form, once at a time. The fields keep what was typed if it fails. */
export function useSubmit(send: (values: Values) => Promise<unknown>) {
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, start] = useTransition();
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (isBusy) return;
    const values = Object.fromEntries(new FormData(event.currentTarget)) as Values;
    start(async () => {
      const failure = await send(values).then(() => null, describeProblem);
      setProblem(failure);
    });
  };
  return { problem, isBusy, onSubmit };
}

/** In the service's words, beside the field that they are about. */
export function describeProblem(error: unknown): Problem {
  if (error instanceof NetworkError)
    return { message: 'The service cannot be reached. Try again.', faults: {} };
  if (!(error instanceof ApiError))
    return { message: 'Something went wrong. Try again.', faults: {} };
  if (error.faults.length === 0) return { message: `${error.message}.`, faults: {} };
  const faults = error.faults.map(({ field, message }) => [field, asSentence(message)]);
  return { message: null, faults: Object.fromEntries(faults) as Values };
}

function asSentence(message: string): string {
  return /^[a-z]/.test(message) ? `It ${message}.` : `${message}.`;
}
