import { useEffect, useState } from 'preact/hooks';
import { describeProblem, type FormProblem } from '../form/describe-problem.ts';
import { ownAccountKey, queries } from '../session/queries.ts';
import type { Realm } from '../session/realms.ts';
import { useTexts } from '../texts/texts.tsx';
import { endCeremony, hasAutofill, PasskeyFailure, usePasskey } from './ceremonies.ts';

/** A challenge lives for five minutes, a page that waits for somebody may be open for longer. */
const renewalMilliseconds = 240_000;

/** Signs in by the button, and by a passkey that is chosen in the field for the name. */
export function usePasskeySignIn(realm: Realm) {
  const t = useTexts();
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<FormProblem | null>(null);

  const signIn = async ({ inAutofill }: { inAutofill: boolean }) => {
    const { challenge, options } = await realm.passkeyChallenge();
    const response = await usePasskey(options, { inAutofill });
    setBusy(true);
    await realm.client.signInWithPasskey({ challenge, response });
    await queries.invalidateQueries({ queryKey: ownAccountKey(realm.name) });
  };
  const attempt = async (how: { inAutofill: boolean }) => {
    setProblem(null);
    try {
      await signIn(how);
    } catch (error) {
      // What waits in the field gives way to the button, and to its own renewal.
      const isSuperseded = how.inAutofill && !isShown(error);
      if (!isSuperseded) setProblem(describeProblem(error, [], t));
    } finally {
      setBusy(false);
    }
  };

  useEffect(() => {
    let timer: ReturnType<typeof setInterval> | undefined;
    let isLeft = false;
    void hasAutofill().then((has) => {
      if (!has || isLeft) return;
      void attempt({ inAutofill: true });
      timer = setInterval(() => {
        if (!document.hidden) void attempt({ inAutofill: true });
      }, renewalMilliseconds);
    });
    return () => {
      isLeft = true;
      if (timer === undefined) return;
      clearInterval(timer);
      void endCeremony();
    };
  }, []);

  return { isBusy, problem, signIn: () => void attempt({ inAutofill: false }) };
}

function isShown(error: unknown): boolean {
  return !(error instanceof PasskeyFailure);
}
