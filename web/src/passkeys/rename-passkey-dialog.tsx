import type { Factor } from '../../../client/src/api.ts';
import { Button } from '../design/button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { say } from '../design/toast.tsx';
import { TextField } from '../form/fields.tsx';
import { Problem } from '../form/problem.tsx';
import { useSubmit } from '../form/use-submit.ts';
import { useOwnAccount } from '../session/own-account.tsx';
import { useTexts } from '../texts/texts.tsx';
import { refreshFactors } from './own-factors.ts';

type RenameProps = { passkey: Factor; onClose: () => void };

export function RenamePasskeyDialog({ passkey, onClose }: RenameProps) {
  const t = useTexts();
  const { realm } = useOwnAccount();
  const form = useSubmit(async ({ name = '' }) => {
    await realm.renamePasskey(passkey.id, name.trim());
    say(t.saved);
    onClose();
    await refreshFactors(realm);
  });
  return (
    <Dialog title={t.account.passkeys.renameTitle} onClose={onClose}>
      <form class="stack" onSubmit={form.onSubmit} noValidate>
        <TextField
          name="name"
          label={t.account.passkeys.name}
          form={form}
          defaultValue={passkey.name}
          maxLength={100}
          autocomplete="off"
          hasFocus
        />
        <Problem of={form} />
        <div class="dialog-actions">
          <Button onClick={onClose}>{t.cancel}</Button>
          <Button type="submit" look="primary" isBusy={form.isBusy}>
            {t.save}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
