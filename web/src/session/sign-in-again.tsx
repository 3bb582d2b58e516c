import { useState } from 'preact/hooks';
import { ButtonLink } from '../design/button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { EntryForm } from '../form/entry-form.tsx';
import { PasswordField } from '../form/fields.tsx';
import { useSubmit } from '../form/use-submit.ts';
import { type AskedStep, SecondStep } from '../second-factors/second-step.tsx';
import { signInOrStep } from '../second-factors/sign-in-step.ts';
import { useTexts } from '../texts/texts.tsx';
import type { OwnAccount, Realm } from './realms.ts';
import { hasPassword } from './settings.ts';

/** Above a page whose session has ended, so that what was typed there is not lost. */
export function SignInAgain({ realm, account }: { realm: Realm; account: OwnAccount }) {
  const t = useTexts();
  const [step, setStep] = useState<AskedStep | null>(null);
  const form = useSubmit(async ({ password = '' }) => {
    const username = account.username ?? account.email;
    setStep(await signInOrStep(realm, { username, password }));
  });
  return (
    <Dialog title={t.account.signIn.again} onClose={() => location.assign(realm.signInPage)}>
      <p class="quiet">{t.problem.sessionEnded}</p>
      {step ? (
        <SecondStep realm={realm} asked={step} onBack={() => setStep(null)} />
      ) : !hasPassword(realm) ? (
        <ButtonLink href={realm.signInPage} look="primary" isWide>
          {t.account.signIn.again}
        </ButtonLink>
      ) : (
        <EntryForm form={form} submit={t.account.signIn.submit}>
          <PasswordField name="password" label={t.fields.password} form={form} isCurrent />
        </EntryForm>
      )}
    </Dialog>
  );
}
