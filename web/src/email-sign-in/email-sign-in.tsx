import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError } from '../../../client/src/client.ts';
import { Button } from '../design/button.tsx';
import { Icon } from '../design/icon.tsx';
import { EntryForm } from '../form/entry-form.tsx';
import { EmailField, TextField } from '../form/fields.tsx';
import { useSubmit } from '../form/use-submit.ts';
import type { AskedStep } from '../second-factors/second-step.tsx';
import { stepOf } from '../second-factors/sign-in-step.ts';
import { realms } from '../session/realms.ts';
import { settings } from '../session/settings.ts';
import { useTexts } from '../texts/texts.tsx';

type EmailSignInProps = {
  /** Where to go afterwards; for who opens the link. */
  returnTo: string | undefined;
  onStep: (asked: AskedStep) => void;
};

/** Asks for a mail, and for the code in it. */
export function EmailSignIn({ returnTo, onStep }: EmailSignInProps) {
  const [sentTo, setSentTo] = useState<string | null>(null);
  if (sentTo === null) return <AskForMail returnTo={returnTo} onSent={setSentTo} />;
  return <EnterCode email={sentTo} onStep={onStep} onBack={() => setSentTo(null)} />;
}

type AskForMailProps = { returnTo: string | undefined; onSent: (email: string) => void };

function AskForMail({ returnTo, onSent }: AskForMailProps) {
  const t = useTexts().account.emailSignIn;
  const form = useSubmit(async ({ email = '' }) => {
    const address = email.trim();
    const to = returnTo === undefined ? {} : { return_to: returnTo };
    await realms.user.client.requestEmailSignIn({ email: address, ...to });
    onSent(address);
  });
  const ref = useFocusWithin();
  return (
    <div ref={ref}>
      <EntryForm form={form} submit={t.submit}>
        <p class="quiet">{t.text}</p>
        <EmailField form={form} />
      </EntryForm>
    </div>
  );
}

type EnterCodeProps = {
  email: string;
  onStep: (asked: AskedStep) => void;
  onBack: () => void;
};

function EnterCode({ email, onStep, onBack }: EnterCodeProps) {
  const { emailSignIn: t, forgot } = useTexts().account;
  const [isOver, setOver] = useState(false);
  const form = useSubmit(async ({ code = '' }) => {
    setOver(false);
    try {
      const asked = await stepOf(realms.user, () =>
        realms.user.client.signInByEmail({ email, code }),
      );
      if (asked) onStep(asked);
    } catch (error) {
      if (!isNotGood(error)) throw error;
      setOver(true);
    }
  });
  const ref = useFocusWithin();
  return (
    <div class="stack" ref={ref}>
      <p class="quiet" role="status">
        {t.sent(email)}
      </p>
      {settings.mailbox && (
        <a href="/app/mailbox" target="_blank" rel="noreferrer">
          {forgot.openMailbox}
        </a>
      )}
      <EntryForm form={form} submit={t.confirm}>
        <TextField
          name="code"
          label={t.code}
          hint={t.codeHint}
          form={form}
          autocomplete="one-time-code"
          inputMode="numeric"
          spellcheck={false}
          // A code is pasted in two halves, with what is around it.
          maxLength={40}
          hasFocus
        />
        {isOver && <NotGood words={t.wrongCode} />}
      </EntryForm>
      <Button look="bare" isWide onClick={onBack}>
        {t.another}
      </Button>
    </div>
  );
}

/** A browser heeds `autofocus` only while the page loads. */
function useFocusWithin(): RefObject<HTMLDivElement> {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => ref.current?.querySelector('input')?.focus(), []);
  return ref;
}

export function NotGood({ words }: { words: string }) {
  return (
    <div class="notice bad" role="alert">
      <Icon name="alert" />
      {words}
    </div>
  );
}

/** What is used up, expired or wrong. */
export function isNotGood(error: unknown): boolean {
  return error instanceof ApiError && error.reason === 'email_sign_in_failed';
}
