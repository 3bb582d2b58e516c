import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { EntryPage } from '../design/entry-page.tsx';
import { EntryForm } from '../form/entry-form.tsx';
import { useSubmit } from '../form/use-submit.ts';
import { type AskedStep, SecondStep } from '../second-factors/second-step.tsx';
import { stepOf } from '../second-factors/sign-in-step.ts';
import { realms } from '../session/realms.ts';
import { leaveFor, returnTo } from '../session/return-to.ts';
import { useTexts } from '../texts/texts.tsx';
import { isNotGood, NotGood } from './email-sign-in.tsx';

/**
 * Where the link of a mail leads. Nothing happens before the button is pressed: mail scanners follow
 * links, and some run the scripts of the page.
 */
export default function SignInLinkPage() {
  const t = useTexts().account;
  const { route } = useLocation();
  const [token] = useState(takeToken);
  const [step, setStep] = useState<AskedStep | null>(null);
  const [isOver, setOver] = useState(false);
  const form = useSubmit(async () => {
    try {
      const asked = await stepOf(realms.user, async () => {
        const target = await realms.user.client.signInByEmail({ token });
        leaveFor(returnTo(target ?? undefined, '/app'), route);
      });
      if (asked) setStep(asked);
    } catch (error) {
      if (!isNotGood(error)) throw error;
      setOver(true);
    }
  });
  return (
    <EntryPage title={t.signIn.title} below={<a href="/app/sign-in">{t.emailSignIn.back}</a>}>
      {step ? (
        <SecondStep realm={realms.user} asked={step} onDone={() => route('/app', true)} />
      ) : isOver ? (
        <NotGood words={t.emailSignIn.over} />
      ) : token === null ? (
        <p>{t.emailSignIn.noLink}</p>
      ) : (
        <EntryForm form={form} submit={t.emailSignIn.confirm}>
          <p>{t.emailSignIn.linkText}</p>
        </EntryForm>
      )}
    </EntryPage>
  );
}

/** Out of the address bar at once, so that the token stays in no history and no screenshot. */
function takeToken(): string | null {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  history.replaceState(null, '', location.pathname);
  return token;
}
