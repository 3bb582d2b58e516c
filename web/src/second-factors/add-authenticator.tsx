import { useState } from 'preact/hooks';
import { Button } from '../design/button.tsx';
import { CopyButton } from '../design/copy-button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { say } from '../design/toast.tsx';
import { TextField } from '../form/fields.tsx';
import { Problem } from '../form/problem.tsx';
import { useSubmit } from '../form/use-submit.ts';
import { refreshFactors } from '../passkeys/own-factors.ts';
import { useOwnAccount } from '../session/own-account.tsx';
import type { Realm } from '../session/realms.ts';
import { useTexts } from '../texts/texts.tsx';
import { useRecoveryCodes } from './recovery-codes.tsx';

type Begun = Awaited<ReturnType<Realm['beginTotp']>>;

/** The button, the QR code to scan, the first code of the app, and the recovery codes. */
export function AddAuthenticator() {
  const t = useTexts().secondFactors;
  const { realm } = useOwnAccount();
  const [begun, setBegun] = useState<Begun | null>(null);
  const { showCodes, dialog } = useRecoveryCodes(realm);
  const form = useSubmit(async () => setBegun(await realm.beginTotp()));
  const onAdded = async (codes: readonly string[] | null) => {
    setBegun(null);
    say(t.added);
    await refreshFactors(realm);
    if (codes !== null) await showCodes(codes);
  };
  return (
    <div>
      <form onSubmit={form.onSubmit}>
        <Button type="submit" icon="plus" isBusy={form.isBusy}>
          {t.add}
        </Button>
        <Problem of={form} />
      </form>
      {begun && (
        <ConfirmAuthenticator
          begun={begun}
          onAdded={(codes) => void onAdded(codes)}
          onClose={() => setBegun(null)}
        />
      )}
      {dialog}
    </div>
  );
}

type ConfirmProps = {
  begun: Begun;
  onAdded: (codes: readonly string[] | null) => void;
  onClose: () => void;
};

function ConfirmAuthenticator({ begun, onAdded, onClose }: ConfirmProps) {
  const t = useTexts();
  const words = t.secondFactors;
  const { realm } = useOwnAccount();
  const form = useSubmit(async ({ code = '' }) => {
    const { recovery_codes } = await realm.confirmTotp(begun.id, code.trim());
    onAdded(recovery_codes);
  });
  return (
    <Dialog title={words.addTitle} onClose={onClose}>
      <p>{words.scan}</p>
      <img class="qr-code" src={begun.qr_code} alt={words.qrCode} width={200} height={200} />
      <p class="quiet small">
        {words.orType} <code class="secret">{begun.secret.replace(/(.{4})(?=.)/g, '$1 ')}</code>
        <CopyButton text={begun.secret} />
      </p>
      <form class="stack" onSubmit={form.onSubmit} noValidate>
        <TextField
          name="code"
          label={words.firstCode}
          form={form}
          inputMode="numeric"
          autocomplete="one-time-code"
          maxLength={10}
          hasFocus
        />
        <Problem of={form} />
        <div class="dialog-actions">
          <Button onClick={onClose}>{t.cancel}</Button>
          <Button type="submit" look="primary" isBusy={form.isBusy}>
            {words.confirm}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
