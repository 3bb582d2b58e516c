import { Button } from '../design/button.tsx';
import { EntryPage } from '../design/entry-page.tsx';
import { Problem } from '../form/problem.tsx';
import { useSubmit } from '../form/use-submit.ts';
import { ProofDialog } from '../second-factors/proof-dialog.tsx';
import { useRecoveryCodes } from '../second-factors/recovery-codes.tsx';
import type { Realm } from '../session/realms.ts';
import { useTexts } from '../texts/texts.tsx';
import { makePasskey } from './ceremonies.ts';

/** Right after the sign-in of a new account, when nothing has to be proven again. */
export function OfferPasskey({ realm, onDone }: { realm: Realm; onDone: () => void }) {
  const t = useTexts().account.passkeys;
  const { offer, dialog } = useRecoveryCodes(realm);
  const form = useSubmit(async () => {
    const response = await makePasskey(await realm.passkeyOptions());
    await realm.addPasskey({ response });
    await offer();
    onDone();
  });
  return (
    <EntryPage title={t.offerTitle} lead={t.text}>
      <form class="stack" onSubmit={form.onSubmit}>
        <Problem of={form} />
        <Button type="submit" look="primary" icon="key" isWide isBusy={form.isBusy}>
          {t.add}
        </Button>
        <Button isWide onClick={onDone}>
          {t.later}
        </Button>
      </form>
      {dialog}
      <ProofDialog realm={realm} />
    </EntryPage>
  );
}
