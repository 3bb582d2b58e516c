import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { ButtonLink } from '../design/button.tsx';
import { EntryPage } from '../design/entry-page.tsx';
import { say } from '../design/toast.tsx';
import { EntryForm } from '../form/entry-form.tsx';
import { EmailField, TextField } from '../form/fields.tsx';
import { useSubmit } from '../form/use-submit.ts';
import { NewPasswordField } from '../password-change/new-password-field.tsx';
import { ProviderButtons } from '../providers/provider-buttons.tsx';
import { ownAccountKey, queries } from '../session/queries.ts';
import { realms } from '../session/realms.ts';
import { leaveFor, returnTo } from '../session/return-to.ts';
import { settings } from '../session/settings.ts';
import { useTexts } from '../texts/texts.tsx';

export default function SignUpPage() {
  const t = useTexts();
  const { query, route } = useLocation();
  const target = returnTo(query.return_to, '/app');
  const needsName = settings.usernames === 'required';
  const [sentTo, setSentTo] = useState<string | null>(null);
  const form = useSubmit(async ({ email = '', username = '', password = '' }) => {
    const names = { email: email.trim(), username: username.trim() };
    if (!settings.password_sign_in) {
      await realms.user.client.call('POST /api/users/register', { body: names as never });
      return setSentTo(names.email);
    }
    const body = { ...names, password };
    await realms.user.client.call('POST /api/users/register', { body });
    // Where it has to be verified first, or the service is busy: the account is there all the same.
    const isIn = await realms.user.client.signIn({ username: body.email, password }).then(
      () => true,
      () => false,
    );
    if (!isIn) return route('/app/sign-in?registered=yes');
    await queries.invalidateQueries({ queryKey: ownAccountKey('user') });
    say(t.account.signUp.done);
    leaveFor(target, route);
  });
  if (settings.registration !== 'open') return <Closed />;
  if (sentTo !== null) return <Sent to={sentTo} />;
  return (
    <EntryPage
      title={t.account.signUp.title}
      below={
        <>
          {t.account.signUp.haveAccount} <a href="/app/sign-in">{t.account.signIn.title}</a>
        </>
      }
    >
      <ProviderButtons returnTo={target} />
      <EntryForm form={form} submit={t.account.signUp.submit} below={<Terms />}>
        <EmailField form={form} />
        <TextField
          name="username"
          label={t.fields.username}
          form={form}
          autocomplete="username"
          spellcheck={false}
          isOptional={!needsName}
          hint={t.account.signUp.usernameHint}
        />
        {settings.password_sign_in && (
          <NewPasswordField name="password" label={t.fields.password} form={form} realm="user" />
        )}
      </EntryForm>
    </EntryPage>
  );
}

function Closed() {
  const t = useTexts().account;
  const lead = settings.registration === 'invited' ? t.signUp.invited : t.signUp.closed;
  return (
    <EntryPage title={t.signUp.closedTitle} lead={lead}>
      <ButtonLink href="/app/sign-in" isWide>
        {t.emailSignIn.back}
      </ButtonLink>
    </EntryPage>
  );
}

/** Without passwords, the link of a mail is the first way in. */
function Sent({ to }: { to: string }) {
  const t = useTexts().account;
  return (
    <EntryPage title={t.signUp.sentTitle} lead={t.signUp.sent(to)}>
      {settings.mailbox && <a href="/app/mailbox">{t.forgot.openMailbox}</a>}
      <ButtonLink href="/app/sign-in" isWide>
        {t.emailSignIn.back}
      </ButtonLink>
    </EntryPage>
  );
}

function Terms() {
  const t = useTexts();
  const { terms_url: terms, privacy_url: privacy } = settings;
  if (terms === null) return null;
  return (
    <p class="hint">
      {t.account.signUp.terms} <a href={terms}>{t.terms}</a>
      {privacy !== null && (
        <>
          {' '}
          {t.account.signUp.and} <a href={privacy}>{t.privacy}</a>
        </>
      )}
      .
    </p>
  );
}
