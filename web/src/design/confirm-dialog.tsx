import type { ComponentChildren } from 'preact';
import { Problem } from '../form/problem.tsx';
import { useSubmit } from '../form/use-submit.ts';
import { useTexts } from '../texts/texts.tsx';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';

type ConfirmDialogProps = {
  title: string;
  children: ComponentChildren;
  action: string;
  onConfirm: () => Promise<unknown>;
  onClose: () => void;
};

/** Asks before something that ends access or cannot be undone; closes itself once it is done. */
export function ConfirmDialog({ title, children, action, onConfirm, onClose }: ConfirmDialogProps) {
  const t = useTexts();
  const form = useSubmit(async () => {
    await onConfirm();
    onClose();
  });
  return (
    <Dialog title={title} onClose={onClose}>
      <p class="quiet">{children}</p>
      <form class="stack" onSubmit={form.onSubmit}>
        <Problem of={form} />
        <div class="dialog-actions">
          <Button onClick={onClose}>{t.cancel}</Button>
          <Button type="submit" look="danger" isBusy={form.isBusy}>
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
