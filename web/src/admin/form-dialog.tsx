import type { ComponentChildren } from 'preact';
import { Button } from '../design/button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { Problem } from '../form/problem.tsx';
import type { Submission } from '../form/use-submit.ts';
import { useTexts } from '../texts/texts.tsx';

type FormDialogProps = {
  title: string;
  text?: string;
  form: Submission;
  /** What the button says that sends it. */
  action: string;
  onClose: () => void;
  children: ComponentChildren;
};

/** A form above the page; what goes wrong stands above its buttons. */
export function FormDialog({ title, text, form, action, onClose, children }: FormDialogProps) {
  const t = useTexts();
  return (
    <Dialog title={title} onClose={onClose}>
      {text !== undefined && <p class="quiet">{text}</p>}
      <form class="stack" onSubmit={form.onSubmit} noValidate>
        {children}
        <Problem of={form} />
        <div class="dialog-actions">
          <Button onClick={onClose}>{t.cancel}</Button>
          <Button type="submit" look="primary" isBusy={form.isBusy}>
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
