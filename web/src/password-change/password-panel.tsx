import { useState } from 'preact/hooks';
import { Button } from '../design/button.tsx';
import { Panel } from '../design/panel.tsx';
import { say } from '../design/toast.tsx';
import { PasswordField } from '../form/fields.tsx';
import { Problem } from '../form/problem.tsx';
import { useSubmit } from '../form/use-submit.ts';
import { useOwnAccount } from '../session/own-account.tsx';
import { queries } from '../session/queries.ts';
import { settings } from '../session/settings.ts';
import { useTexts } from '../texts/texts.tsx';
import { NewPasswordField } from './new-password-field.tsx';

export function PasswordPanel() {
  const t = useTexts();
  const { account, realm } = useOwnAccount();
  const [done, setDone] = useState(0);
  const form = useSubmit(async ({ current_password = '', new_password = '' }) => {
    await realm.changePassword({ current_password, new_password });
    say(t.account.password.changed);
    // A new form: the passwords leave the page.
    setDone(done + 1);
    await queries.invalidateQueries({ queryKey: [realm.name, 'sessions'] });
  });
  return (
    <Panel title={t.account.password.title} text={t.account.password.text}>
      <form class="stack" key={done} onSubmit={form.onSubmit} noValidate>
        {/* So that a password store knows whose password it is. */}
        <input
          type="text"
          name="username"
          autocomplete="username"
          value={account.email}
          hidden
          readOnly
        />
        <PasswordField
          name="current_password"
          label={t.fields.currentPassword}
          form={form}
          isCurrent
        />
        <NewPasswordField
          name="new_password"
          label={t.fields.newPassword}
          form={form}
          realm={realm.name}
        />
        <Problem of={form} />
        {realm.name === 'user' && settings.providers.length > 0 && (
          <p class="hint">
            {t.account.providers.noPassword}{' '}
            <a href="/app/forgot-password">{t.account.providers.setPassword}</a>
          </p>
        )}
        <div class="row">
          <Button type="submit" look="primary" isBusy={form.isBusy}>
            {t.account.password.submit}
          </Button>
        </div>
      </form>
    </Panel>
  );
}
