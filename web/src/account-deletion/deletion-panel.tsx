import { useState } from 'preact/hooks';
import { Button } from '../design/button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { Panel } from '../design/panel.tsx';
import { PasswordField } from '../form/fields.tsx';
import { Problem } from '../form/problem.tsx';
import { useSubmit } from '../form/use-submit.ts';
import { withProof } from '../session/proof.ts';
import { realms } from '../session/realms.ts';
import { endDeliberately } from '../session/session-end.ts';
import { settings } from '../session/settings.ts';
import { useTexts } from '../texts/texts.tsx';

export function DeletionPanel() {
  const t = useTexts().account.privacy;
  const [asks, setAsks] = useState(false);
  return (
    <Panel title={t.deleteTitle} text={t.deleteText(settings.deleted_user_grace_days)}>
      <Button look="danger" icon="trash" onClick={() => setAsks(true)}>
        {t.delete}
      </Button>
      {asks && <DeletionDialog onClose={() => setAsks(false)} />}
    </Panel>
  );
}

function DeletionDialog({ onClose }: { onClose: () => void }) {
  const t = useTexts();
  const form = useSubmit(async ({ password = '' }) => {
    // An account without a password has another proof; the service asks for it.
    const body = password === '' ? {} : { password };
    await withProof(() => realms.user.client.call('DELETE /api/users/me', { body }));
    endDeliberately();
    await realms.user.client.signOut().catch(() => undefined);
    location.assign('/app/sign-in?deleted=yes');
  });
  return (
    <Dialog title={t.account.privacy.deleteQuestion} onClose={onClose}>
      <p class="quiet">{t.account.privacy.deleteText(settings.deleted_user_grace_days)}</p>
      <form class="stack" onSubmit={form.onSubmit} noValidate>
        {settings.password_sign_in && (
          <PasswordField
            name="password"
            label={t.account.privacy.deletePassword}
            form={form}
            isCurrent
          />
        )}
        <Problem of={form} />
        <div class="dialog-actions">
          <Button onClick={onClose}>{t.cancel}</Button>
          <Button type="submit" look="danger" icon="trash" isBusy={form.isBusy}>
            {t.account.privacy.deleteConfirm}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
