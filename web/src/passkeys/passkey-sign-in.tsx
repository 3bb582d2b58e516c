import { Button } from '../design/button.tsx';
import { ProblemNotice } from '../form/problem.tsx';
import type { Realm } from '../session/realms.ts';
import { useTexts } from '../texts/texts.tsx';
import { hasPasskeySupport } from './ceremonies.ts';
import { usePasskeySignIn } from './use-passkey-sign-in.ts';

/** Below the form of a sign-in page. Also makes the browser offer passkeys in the form's field. */
export function PasskeySignIn({ realm }: { realm: Realm }) {
  const t = useTexts();
  const { isBusy, problem, signIn } = usePasskeySignIn(realm);
  if (!hasPasskeySupport) return null;
  return (
    <div class="stack">
      <Button icon="key" isWide isBusy={isBusy} onClick={signIn}>
        {t.account.passkeys.signIn}
      </Button>
      <div role="alert">{problem && <ProblemNotice problem={problem} />}</div>
    </div>
  );
}
