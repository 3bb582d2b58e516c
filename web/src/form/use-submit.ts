import type { TargetedSubmitEvent } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { ProofWithheld, withProof } from '../session/proof.ts';
import { useTexts } from '../texts/texts.tsx';
import { describeProblem, type FormProblem } from './describe-problem.ts';
import { markUnsaved } from './unsaved-forms.ts';

export type Values = Record<string, string>;

export type Submission = {
  onSubmit: (event: TargetedSubmitEvent<HTMLFormElement>) => void;
  isBusy: boolean;
  problem: FormProblem | null;
  /** Marks that something was typed. */
  onType: () => void;
};

/**
 * Sends a form: once at a time, and with what went wrong beside the field that it concerns. The
 * fields keep their values themselves, so that no failure loses any.
 */
export function useSubmit(
  run: (values: Values, form: HTMLFormElement) => Promise<unknown>,
): Submission {
  const t = useTexts();
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<FormProblem | null>(null);
  const running = useRef(false);
  const self = useMemo(() => ({}), []);
  useEffect(() => () => markUnsaved(self, false), []);

  const submit = async (form: HTMLFormElement) => {
    const values = valuesOf(form);
    const missing = missingFields(form, t.fields.required);
    if (missing !== null) return fail(form, missing);
    running.current = true;
    setBusy(true);
    try {
      await withProof(() => run(values, form));
      markUnsaved(self, false);
      setProblem(null);
    } catch (error) {
      if (!(error instanceof ProofWithheld))
        fail(form, describeProblem(error, Object.keys(values), t));
    } finally {
      running.current = false;
      setBusy(false);
    }
  };
  const fail = (form: HTMLFormElement, next: FormProblem) => {
    setProblem(next);
    const [first] = Object.keys(next.faults);
    if (first !== undefined) form.querySelector<HTMLElement>(`[name="${first}"]`)?.focus();
  };

  return {
    isBusy,
    problem,
    onType: () => markUnsaved(self, true),
    onSubmit: (event) => {
      event.preventDefault();
      if (!running.current) void submit(event.currentTarget);
    },
  };
}

function valuesOf(form: HTMLFormElement): Values {
  const entries = [...new FormData(form)].map(([name, value]) => [
    name,
    typeof value === 'string' ? value : '',
  ]);
  return Object.fromEntries(entries) as Values;
}

/** Empty fields that are required, without asking the service. */
function missingFields(form: HTMLFormElement, message: string): FormProblem | null {
  const empty = [...form.querySelectorAll<HTMLInputElement>('[required]')].filter(
    ({ value }) => value === '',
  );
  if (empty.length === 0) return null;
  const faults = Object.fromEntries(empty.map(({ name }) => [name, message]));
  return { message: null, faults, requestId: null, waitUntil: null };
}
