import { useState } from 'preact/hooks';
import { Button } from '../design/button.tsx';
import { EntryPage } from '../design/entry-page.tsx';
import { EntryForm } from '../form/entry-form.tsx';
import { EmailField } from '../form/fields.tsx';
import { useSubmit } from '../form/use-submit.ts';
import { realms } from '../session/realms.ts';
import { settings } from '../session/settings.ts';
import { useTexts } from '../texts/texts.tsx';

export default function ForgotPasswordPage() {
  const t = useTexts();
  const [sentTo, setSentTo] = useState<string | null>(null);
  const form = useSubmit(async ({ email = '' }) => {
    const body = { email: email.trim() };
    await realms.user.client.call('POST /api/password/forgot-password', { body });
    setSentTo(body.email);
  });
  const back = <a href="/app/sign-in">{t.account.forgot.back}</a>;
  if (sentTo !== null) {
    return (
      <EntryPage
        title={t.account.forgot.sentTitle}
        lead={t.account.forgot.sent(sentTo)}
        below={back}
      >
        {settings.mailbox && <a href="/app/mailbox">{t.account.forgot.openMailbox}</a>}
        <Button isWide onClick={() => setSentTo(null)}>
          {t.account.forgot.another}
        </Button>
      </EntryPage>
    );
  }
  return (
    <EntryPage title={t.account.forgot.title} lead={t.account.forgot.text} below={back}>
      <EntryForm form={form} submit={t.account.forgot.submit}>
        <EmailField form={form} />
      </EntryForm>
    </EntryPage>
  );
}
