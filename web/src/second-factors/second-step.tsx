import { Button } from '../design/button.tsx';
import { ownAccountKey, queries } from '../session/queries.ts';
import type { Realm } from '../session/realms.ts';
import { useTexts } from '../texts/texts.tsx';
import { ProofForm } from './proof-form.tsx';

/** What the service wants to see after the right password. */
export type AskedStep = { challenge: string; methods: readonly string[] };

type SecondStepProps = {
  realm: Realm;
  asked: AskedStep;
  onBack?: () => void;
  /** Where no page waits for the account. */
  onDone?: () => void;
};

/** The second step of a sign-in. */
export function SecondStep({ realm, asked, onBack, onDone }: SecondStepProps) {
  const t = useTexts().secondFactors;
  return (
    <div class="stack">
      <p class="quiet">{t.stepText}</p>
      <ProofForm
        realm={realm}
        methods={asked.methods}
        action={t.stepAction}
        step={asked.challenge}
        prove={async (proof) => {
          await realm.client.completeSignIn({ challenge: asked.challenge, ...proof });
          await queries.invalidateQueries({ queryKey: ownAccountKey(realm.name) });
          onDone?.();
        }}
      />
      {onBack && (
        <Button look="bare" isWide onClick={onBack}>
          {t.back}
        </Button>
      )}
    </div>
  );
}
