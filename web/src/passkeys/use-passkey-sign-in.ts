import { useEffect, useRef, useState } from 'preact/hooks';
import { describeProblem, type FormProblem } from '../form/describe-problem.ts';
import { ownAccountKey, queries } from '../session/queries.ts';
import type { Realm } from '../session/realms.ts';
import { useTexts } from '../texts/texts.tsx';
import { endCeremony, hasAutofill, usePasskey } from './ceremonies.ts';
import { PasskeyFailure } from './passkey-failure.ts';

/** A challenge lives for five minutes, a page that waits for somebody may be open for longer. */
const renewalMilliseconds = 240_000;

type Asked = Awaited<ReturnType<Realm['passkeyChallenge']>>;

/** Signs in by a button, and by a passkey that is chosen in the field for the name. */
export function usePasskeySignIn(realm: Realm) {
  const t = useTexts();
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<FormProblem | null>(null);
  const waitsInField = useRef(false);
  const isPressed = useRef(false);

  const present = async ({ challenge, options }: Asked, inAutofill: boolean) => {
    const response = await usePasskey(options, { inAutofill });
    setBusy(true);
    await realm.client.signInWithPasskey({ challenge, response });
    await queries.invalidateQueries({ queryKey: ownAccountKey(realm.name) });
  };
  const offerInField = async () => {
    // Without a challenge there is still the button, which says why.
    const asked = await realm.passkeyChallenge().catch(() => null);
    // The newer of two ceremonies ends the other one.
    if (asked === null || isPressed.current) return;
    try {
      await present(asked, true);
    } catch (error) {
      setBusy(false);
      // What waits in the field gives way to the button, and to its own renewal.
      if (!(error instanceof PasskeyFailure)) setProblem(describeProblem(error, [], t));
    }
  };
  const signInByButton = async () => {
    setBusy(true);
    setProblem(null);
    isPressed.current = true;
    try {
      await present(await realm.passkeyChallenge(), false);
    } catch (error) {
      setProblem(describeProblem(error, [], t));
      isPressed.current = false;
      if (waitsInField.current) void offerInField();
    } finally {
      setBusy(false);
    }
  };

  useEffect(() => {
    let timer: ReturnType<typeof setInterval> | undefined;
    let isLeft = false;
    const begin = async () => {
      if (!(await hasAutofill()) || isLeft) return;
      waitsInField.current = true;
      timer = setInterval(() => {
        if (!document.hidden) void offerInField();
      }, renewalMilliseconds);
      await offerInField();
    };
    void begin();
    return () => {
      isLeft = true;
      if (timer === undefined) return;
      clearInterval(timer);
      void endCeremony();
    };
  }, []);

  return { isBusy, problem, signIn: () => void signInByButton() };
}
