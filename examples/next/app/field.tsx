import { type InputHTMLAttributes, useId } from 'react';
import type { Problem } from '../lib/use-submit.ts';

type FieldProps = InputHTMLAttributes<HTMLInputElement> & {
  name: string;
  label: string;
  problem: Problem | null;
};

export function Field({ name, label, problem, ...input }: FieldProps) {
  const id = useId();
  const fault = problem?.faults[name];
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        name={name}
        aria-invalid={fault !== undefined}
        aria-describedby={`${id}-fault`}
        {...input}
      />
      <p className="fault" id={`${id}-fault`} role="alert">
        {fault}
      </p>
    </div>
  );
}
