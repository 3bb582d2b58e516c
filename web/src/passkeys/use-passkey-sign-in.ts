import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError } from '../../../client/src/client.ts';
import { describeProblem, type FormProblem } from '../form/describe-problem.ts';
import { ownAccountKey, queries } from '../session/queries.ts';
import type { Realm } from '../session/realms.ts';
import { useTexts } from '../texts/texts.tsx';
import { endCeremony, hasAutofill, usePasskey } from './ceremonies.ts';

/** A challenge lives for five minutes, a page that waits for somebody may be open for longer. */
const renewalMilliseconds = 240_000;

/** Signs in by a button, and by a passkey that is chosen in the field for the name. */
export function usePasskeySignIn(realm: Realm) {
  const t = useTexts();
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<FormProblem | null>(null);
  const waitsInField = useRef(false);

  const signIn = async (inAutofill: boolean) => {
    const { challenge, options } = await realm.passkeyChallenge();
    const response = await usePasskey(options, { inAutofill });
    setBusy(true);
    await realm.client.signInWithPasskey({ challenge, response });
    await queries.invalidateQueries({ queryKey: ownAccountKey(realm.name) });
  };
  const offerInField = async () => {
    // What waits there gives way to the button, and to its own renewal; without a network there is
    // the button, which says so.
    await signIn(true).catch((error: unknown) => {
      setBusy(false);
      if (error instanceof ApiError) setProblem(describeProblem(error, [], t));
    });
  };
  const signInByButton = async () => {
    setBusy(true);
    setProblem(null);
    try {
      await signIn(false);
    } catch (error) {
      setProblem(describeProblem(error, [], t));
      if (waitsInField.current) void offerInField();
    } finally {
      setBusy(false);
    }
  };

  useEffect(() => {
    let timer: ReturnType<typeof setInterval> | undefined;
    let isLeft = false;
    void hasAutofill().then((has) => {
      if (!has || isLeft) return;
      waitsInField.current = true;
      void offerInField();
      timer = setInterval(() => {
        if (!document.hidden) void offerInField();
      }, renewalMilliseconds);
    });
    return () => {
      isLeft = true;
      if (timer === undefined) return;
      clearInterval(timer);
      void endCeremony();
    };
  }, []);

  return { isBusy, problem, signIn: () => void signInByButton() };
}
