import { useState } from 'preact/hooks';
import { Button } from '../design/button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { Icon } from '../design/icon.tsx';
import { Panel } from '../design/panel.tsx';
import { say } from '../design/toast.tsx';
import { PasswordField, TextField } from '../form/fields.tsx';
import { Problem } from '../form/problem.tsx';
import { useSubmit } from '../form/use-submit.ts';
import { useOwnAccount } from '../session/own-account.tsx';
import { ownAccountKey, queries } from '../session/queries.ts';
import { realms } from '../session/realms.ts';
import { hasPassword } from '../session/settings.ts';
import { useTexts } from '../texts/texts.tsx';

export function EmailPanel() {
  const t = useTexts();
  const { account } = useOwnAccount();
  const [isChanging, setChanging] = useState(false);
  const isVerified = 'is_email_verified' in account ? account.is_email_verified : null;
  return (
    <Panel
      title={t.account.profile.emailTitle}
      text={t.account.profile.emailText}
      actions={<Button onClick={() => setChanging(true)}>{t.account.profile.changeEmail}</Button>}
    >
      <div class="stack">
        <div class="row">
          <span class="tile">
            <Icon name="mail" />
          </span>
          <strong class="clip">{account.email}</strong>
          {isVerified !== null && (
            <span class={isVerified ? 'badge good' : 'badge warn'}>
              {isVerified ? t.account.profile.verified : t.account.profile.unverified}
            </span>
          )}
        </div>
        {isVerified === false && <VerifyNotice />}
      </div>
      {isChanging && <ChangeEmailDialog onClose={() => setChanging(false)} />}
    </Panel>
  );
}

function VerifyNotice() {
  const t = useTexts();
  const form = useSubmit(async () => {
    await realms.user.client.call('POST /api/users/resend-verification');
    say(t.account.profile.verifySent);
  });
  return (
    <form class="stack" onSubmit={form.onSubmit}>
      <div class="row apart">
        <span class="quiet">{t.account.profile.verifyText}</span>
        <Button type="submit" isCompact isBusy={form.isBusy}>
          {t.account.profile.verify}
        </Button>
      </div>
      <Problem of={form} />
    </form>
  );
}

function ChangeEmailDialog({ onClose }: { onClose: () => void }) {
  const t = useTexts();
  const { realm } = useOwnAccount();
  const asksPassword = hasPassword(realm);
  const form = useSubmit(async ({ email = '', current_password = '' }) => {
    const proof = asksPassword ? { current_password } : {};
    const changed = await realm.update({ email: email.trim(), ...proof });
    queries.setQueryData(ownAccountKey(realm.name), changed);
    say(t.account.profile.emailChanged);
    onClose();
  });
  return (
    <Dialog title={t.account.profile.changeEmailTitle} onClose={onClose}>
      <p class="quiet">{t.account.profile.changeEmailText}</p>
      <form class="stack" onSubmit={form.onSubmit} noValidate>
        <TextField
          name="email"
          type="email"
          label={t.account.profile.newEmail}
          form={form}
          autocomplete="email"
        />
        {asksPassword && (
          <PasswordField
            name="current_password"
            label={t.fields.currentPassword}
            form={form}
            isCurrent
          />
        )}
        <Problem of={form} />
        <div class="dialog-actions">
          <Button onClick={onClose}>{t.cancel}</Button>
          <Button type="submit" look="primary" isBusy={form.isBusy}>
            {t.account.profile.changeEmailTitle}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
