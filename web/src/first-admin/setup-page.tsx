import { useState } from 'preact/hooks';
import { ApiError } from '../../../client/src/client.ts';
import { ButtonLink } from '../design/button.tsx';
import { EntryPage } from '../design/entry-page.tsx';
import { EntryForm } from '../form/entry-form.tsx';
import { EmailField, TextField } from '../form/fields.tsx';
import { useSubmit } from '../form/use-submit.ts';
import { hasPasskeySupport } from '../passkeys/ceremonies.ts';
import { OfferPasskey } from '../passkeys/offer-passkey.tsx';
import { NewPasswordField } from '../password-change/new-password-field.tsx';
import { realms } from '../session/realms.ts';
import { settings } from '../session/settings.ts';
import { useTexts } from '../texts/texts.tsx';

/** Makes the first admin, signs in, offers a passkey and opens the console. */
export default function SetupPage() {
  const t = useTexts();
  const [isTaken, setTaken] = useState(false);
  const [isMade, setMade] = useState(false);
  const form = useSubmit(async ({ email = '', username = '', password = '', token }) => {
    const body = { email: email.trim(), username: username.trim(), password };
    const headers: Record<string, string> = token === undefined ? {} : { 'x-setup-token': token };
    try {
      await realms.admin.client.call('POST /api/admins/register', { body, headers });
    } catch (error) {
      if (!(error instanceof ApiError && error.reason === 'admin_exists')) throw error;
      setTaken(true);
      return;
    }
    await realms.admin.client.signIn({ username: body.username, password });
    if (hasPasskeySupport) setMade(true);
    else openConsole();
  });
  if (isMade) return <OfferPasskey realm={realms.admin} onDone={openConsole} />;
  if (isTaken) {
    return (
      <EntryPage title={t.account.setup.title} lead={t.account.setup.taken}>
        <ButtonLink href="/app/admin/sign-in" look="primary" isWide>
          {t.account.setup.signIn}
        </ButtonLink>
      </EntryPage>
    );
  }
  return (
    <EntryPage title={t.account.setup.title} lead={t.account.setup.text}>
      <EntryForm form={form} submit={t.account.setup.submit}>
        <EmailField form={form} />
        <TextField
          name="username"
          label={t.fields.username}
          form={form}
          autocomplete="username"
          spellcheck={false}
        />
        <NewPasswordField name="password" label={t.fields.password} form={form} realm="admin" />
        {settings.setup_token && (
          <TextField
            name="token"
            label={t.account.setup.token}
            form={form}
            type="password"
            autocomplete="off"
            hint={t.account.setup.tokenHint}
          />
        )}
      </EntryForm>
    </EntryPage>
  );
}

/** Loaded anew: the service no longer leads to this page. */
function openConsole(): void {
  location.assign('/app/admin');
}
