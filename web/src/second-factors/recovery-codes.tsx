import { useState } from 'preact/hooks';
import { saveFile } from '../data-export/save-file.ts';
import { Button } from '../design/button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { say } from '../design/toast.tsx';
import { withProof } from '../session/proof.ts';
import type { Realm } from '../session/realms.ts';
import { settings } from '../session/settings.ts';
import { useTexts } from '../texts/texts.tsx';

type RecoveryCodesProps = { codes: readonly string[]; onClose: () => void };

/** Shows the codes this once, to be copied, saved or printed. */
function RecoveryCodesDialog({ codes, onClose }: RecoveryCodesProps) {
  const t = useTexts();
  const words = t.secondFactors;
  const text = `${codes.join('\n')}\n`;
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    say(t.copied);
  };
  const file = () => saveFile(`${settings.project_name}-recovery-codes.txt`, 'text/plain', text);
  return (
    <Dialog title={words.codesTitle} onClose={onClose} isShownOnce>
      <p class="quiet">{words.codesText}</p>
      <ul class="codes" aria-label={words.codesTitle}>
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <div class="row">
        <Button icon="copy" onClick={() => void copy()}>
          {t.copy}
        </Button>
        <Button icon="download" onClick={file}>
          {words.codesSave}
        </Button>
        <Button onClick={() => print()}>{words.codesPrint}</Button>
      </div>
      <div class="dialog-actions">
        <Button look="primary" onClick={onClose}>
          {words.codesKept}
        </Button>
      </div>
    </Dialog>
  );
}

/**
 * `offer` gives recovery codes to somebody who has none, after a factor was added, and waits until
 * they are put away; `dialog` has to be drawn.
 */
export function useRecoveryCodes(realm: Realm) {
  const [shown, setShown] = useState<{ codes: readonly string[]; done: () => void } | null>(null);
  const showCodes = (codes: readonly string[]) =>
    new Promise<void>((resolve) => {
      setShown({
        codes,
        done: () => {
          setShown(null);
          resolve();
        },
      });
    });
  const renew = async () => {
    const { recovery_codes } = await withProof(realm.renewRecoveryCodes);
    await showCodes(recovery_codes);
  };
  const offer = async () => {
    if ((await realm.factors()).recovery_codes_left === 0) await renew();
  };
  const dialog = shown && <RecoveryCodesDialog codes={shown.codes} onClose={shown.done} />;
  return { offer, renew, showCodes, dialog };
}
