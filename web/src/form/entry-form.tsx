import type { ComponentChildren } from 'preact';
import { Button } from '../design/button.tsx';
import { Problem } from './problem.tsx';
import type { Submission } from './use-submit.ts';

type EntryFormProps = {
  form: Submission;
  /** The words of its one button. */
  submit: string;
  children: ComponentChildren;
  below?: ComponentChildren;
};

/** The form of a page or a dialog that is there for it alone. */
export function EntryForm({ form, submit, children, below }: EntryFormProps) {
  return (
    <form class="stack" onSubmit={form.onSubmit} noValidate>
      {children}
      <Problem of={form} />
      <Button type="submit" look="primary" isWide isBusy={form.isBusy}>
        {submit}
      </Button>
      {below}
    </form>
  );
}
