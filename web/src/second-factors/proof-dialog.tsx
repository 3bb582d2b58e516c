import { Dialog } from '../design/dialog.tsx';
import { useAskedProof } from '../session/proof.ts';
import type { Realm } from '../session/realms.ts';
import { useTexts } from '../texts/texts.tsx';
import { ProofForm } from './proof-form.tsx';

/** Asks who is there before what changes who can get in; then that goes on where it was. */
export function ProofDialog({ realm }: { realm: Realm }) {
  const t = useTexts().secondFactors;
  const asked = useAskedProof();
  if (asked === null) return null;
  return (
    <Dialog title={t.proofTitle} onClose={() => asked.answer(false)}>
      <p class="quiet">{t.proofText}</p>
      <ProofForm
        realm={realm}
        methods={asked.methods}
        action={t.proofAction}
        prove={async (proof) => {
          await realm.reauthenticate(proof);
          asked.answer(true);
        }}
      />
    </Dialog>
  );
}
