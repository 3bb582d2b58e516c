import { useEffect, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { ApiError } from '../../../client/src/client.ts';
import { Button } from '../design/button.tsx';
import { EntryPage } from '../design/entry-page.tsx';
import { Icon } from '../design/icon.tsx';
import { EmailSignIn } from '../email-sign-in/email-sign-in.tsx';
import { EntryForm } from '../form/entry-form.tsx';
import { PasswordField, TextField } from '../form/fields.tsx';
import { useSubmit } from '../form/use-submit.ts';
import { PasskeySignIn } from '../passkeys/passkey-sign-in.tsx';
import { ProviderButtons } from '../providers/provider-buttons.tsx';
import { takeProviderStep, useProviderReturn } from '../providers/provider-return.ts';
import { type AskedStep, SecondStep } from '../second-factors/second-step.tsx';
import { signInOrStep } from '../second-factors/sign-in-step.ts';
import { useOwnAccountQuery } from '../session/own-account.tsx';
import { type Realm, realms } from '../session/realms.ts';
import { leaveFor, returnTo } from '../session/return-to.ts';
import { settings } from '../session/settings.ts';
import { useTexts } from '../texts/texts.tsx';

export function UserSignInPage() {
  const t = useTexts().account.signIn;
  const { query } = useLocation();
  const carried =
    query.return_to === undefined ? '' : `?return_to=${encodeURIComponent(query.return_to)}`;
  return (
    <SignInPage
      realm={realms.user}
      below={
        settings.registration === 'open' && (
          <>
            {t.noAccount} <a href={`/app/sign-up${carried}`}>{t.signUp}</a>
          </>
        )
      }
    />
  );
}

export function AdminSignInPage() {
  const t = useTexts().account.signIn;
  return (
    <SignInPage
      realm={realms.admin}
      below={
        <>
          {t.isUser} <a href="/app/sign-in">{t.userSignIn}</a>
        </>
      }
    />
  );
}

type SignInPageProps = { realm: Realm; below: preact.ComponentChildren };

function SignInPage({ realm, below }: SignInPageProps) {
  const t = useTexts();
  const { query, route } = useLocation();
  const target = returnTo(query.return_to, realm.home);
  const { data } = useOwnAccountQuery(realm);
  const isAdmin = realm.name === 'admin';
  const [step, setStep] = useState<AskedStep | null>(isAdmin ? null : takeProviderStep);
  useProviderReturn(!isAdmin && query.from === 'provider' && step === null);
  // Who is signed in already has nothing to do here.
  useEffect(() => {
    if (data) leaveFor(target, route);
  }, [data]);
  return (
    <EntryPage
      title={isAdmin ? t.account.signIn.admin : t.account.signIn.title}
      lead={isAdmin ? t.account.signIn.adminHint : t.account.signIn.welcome(settings.project_name)}
      below={below}
    >
      <Arrival query={query} />
      {step ? (
        <SecondStep realm={realm} asked={step} onBack={() => setStep(null)} />
      ) : (
        <>
          {!isAdmin && <ProviderButtons returnTo={target} />}
          <WaysIn realm={realm} onStep={setStep} goal={query.return_to && target} />
        </>
      )}
    </EntryPage>
  );
}

type WaysInProps = SignInFormProps & {
  /** Where one asked to be led afterwards. */
  goal: string | undefined;
};

/** A password, a mail or a passkey, as far as the service takes them. */
function WaysIn({ realm, onStep, goal }: WaysInProps) {
  const t = useTexts().account.emailSignIn;
  const isUser = realm.name === 'user';
  const byEmail = isUser && settings.email_sign_in;
  const byPassword = !isUser || settings.password_sign_in;
  const [way, setWay] = useState<'password' | 'email'>(byPassword ? 'password' : 'email');
  const isOther = way === 'email' ? byPassword : byEmail;
  return (
    <>
      {way === 'password' && byPassword && <SignInForm realm={realm} onStep={onStep} />}
      {way === 'email' && byEmail && <EmailSignIn returnTo={goal} onStep={onStep} />}
      <div class="stack">
        {isOther && (
          <Button
            {...(way === 'password' ? { icon: 'mail' as const } : {})}
            isWide
            onClick={() => setWay(way === 'email' ? 'password' : 'email')}
          >
            {way === 'email' ? t.withPassword : t.offer}
          </Button>
        )}
        <PasskeySignIn realm={realm} />
      </div>
    </>
  );
}

/** Why one is here again. */
function Arrival({ query }: { query: Record<string, string> }) {
  const t = useTexts().account;
  const reasons = {
    ended: t.signIn.ended,
    deleted: t.privacy.deleted,
    registered: t.signIn.registered,
  };
  const [reason, words] = Object.entries(reasons).find(([name]) => query[name] !== undefined) ?? [];
  if (words === undefined) return null;
  return (
    <div class="notice" role="status">
      <Icon name={reason === 'ended' ? 'leave' : 'mail'} />
      {words}
    </div>
  );
}

type SignInFormProps = { realm: Realm; onStep: (asked: AskedStep | null) => void };

function SignInForm({ realm, onStep }: SignInFormProps) {
  const t = useTexts();
  const [isUnverified, setUnverified] = useState(false);
  const form = useSubmit(async ({ username = '', password = '' }) => {
    setUnverified(false);
    try {
      onStep(await signInOrStep(realm, { username: username.trim(), password }));
    } catch (error) {
      if (!(error instanceof ApiError && error.reason === 'email_not_verified')) throw error;
      setUnverified(true);
    }
  });
  return (
    <EntryForm form={form} submit={t.account.signIn.submit}>
      <TextField
        name="username"
        label={t.fields.usernameOrEmail}
        form={form}
        // In this order: the browser offers passkeys below the field.
        autocomplete="username webauthn"
        spellcheck={false}
        hasFocus
      />
      <PasswordField
        name="password"
        label={t.fields.password}
        form={form}
        isCurrent
        {...(realm.name === 'user'
          ? { hint: <a href="/app/forgot-password">{t.account.signIn.forgot}</a> }
          : {})}
      />
      {isUnverified && (
        <div class="notice warn" role="alert">
          <Icon name="mail" />
          {t.account.signIn.unverified}
        </div>
      )}
    </EntryForm>
  );
}
