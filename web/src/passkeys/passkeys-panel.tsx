import { useQuery } from '@tanstack/preact-query';
import { useState } from 'preact/hooks';
import type { Factor } from '../../../client/src/api.ts';
import { Button } from '../design/button.tsx';
import { ConfirmDialog } from '../design/confirm-dialog.tsx';
import { Icon } from '../design/icon.tsx';
import { Menu, MenuItem } from '../design/menu.tsx';
import { Panel } from '../design/panel.tsx';
import { WaitingRow } from '../design/skeleton.tsx';
import { say } from '../design/toast.tsx';
import { LoadProblem, Problem } from '../form/problem.tsx';
import { useSubmit } from '../form/use-submit.ts';
import { useRecoveryCodes } from '../second-factors/recovery-codes.tsx';
import { useOwnAccount } from '../session/own-account.tsx';
import { withProof } from '../session/proof.ts';
import { useFormat } from '../texts/format.ts';
import { useTexts } from '../texts/texts.tsx';
import { hasPasskeySupport, makePasskey } from './ceremonies.ts';
import { factorsKey, refreshFactors } from './own-factors.ts';
import { RenamePasskeyDialog } from './rename-passkey-dialog.tsx';

export function PasskeysPanel() {
  const t = useTexts().account.passkeys;
  const { realm } = useOwnAccount();
  const { data, error, refetch } = useQuery({
    queryKey: factorsKey(realm),
    queryFn: realm.factors,
  });
  const passkeys = data?.items.filter(({ kind }) => kind === 'passkey');
  return (
    <Panel title={t.title} text={t.text} actions={hasPasskeySupport && <AddPasskey />} hasRows>
      {error ? (
        <LoadProblem error={error} retry={() => void refetch()} />
      ) : (
        <ul class="panel-rows">
          {passkeys?.map((passkey) => (
            <PasskeyRow key={passkey.id} passkey={passkey} />
          ))}
          {passkeys === undefined && <WaitingRow />}
          {passkeys?.length === 0 && (
            <li class="quiet">{hasPasskeySupport ? t.none : t.unsupported}</li>
          )}
        </ul>
      )}
    </Panel>
  );
}

function AddPasskey() {
  const t = useTexts().account.passkeys;
  const { realm } = useOwnAccount();
  const { offer, dialog } = useRecoveryCodes(realm);
  const form = useSubmit(async () => {
    const options = await withProof(realm.passkeyOptions);
    const response = await makePasskey(options);
    await withProof(() => realm.addPasskey({ response }));
    say(t.added);
    await refreshFactors(realm);
    await offer();
    await refreshFactors(realm);
  });
  return (
    <div>
      <form onSubmit={form.onSubmit}>
        <Button type="submit" icon="plus" isBusy={form.isBusy}>
          {t.add}
        </Button>
        <Problem of={form} />
      </form>
      {dialog}
    </div>
  );
}

function PasskeyRow({ passkey }: { passkey: Factor }) {
  const t = useTexts();
  const format = useFormat();
  const { realm } = useOwnAccount();
  const [asks, setAsks] = useState<'name' | 'removal' | null>(null);
  const close = () => setAsks(null);
  const remove = async () => {
    await realm.removeFactor(passkey.id);
    say(t.account.passkeys.removed);
    await refreshFactors(realm);
  };
  const used = passkey.last_used_at;
  return (
    <li>
      <span class="tile">
        <Icon name="key" />
      </span>
      <div class="grow">
        <strong class="clip">{passkey.name}</strong>
        <div class="quiet small">
          {t.account.passkeys.since(format.date(passkey.created_at))}
          {' · '}
          {used === null
            ? t.account.passkeys.unused
            : t.account.passkeys.lastUsed(format.ago(used))}
        </div>
      </div>
      <Menu label={`${t.more}: ${passkey.name}`} isCompact>
        <MenuItem onSelect={() => setAsks('name')}>{t.account.passkeys.rename}</MenuItem>
        <MenuItem icon="trash" isBad onSelect={() => setAsks('removal')}>
          {t.account.passkeys.remove}
        </MenuItem>
      </Menu>
      {asks === 'name' && <RenamePasskeyDialog passkey={passkey} onClose={close} />}
      {asks === 'removal' && (
        <ConfirmDialog
          title={t.account.passkeys.removeTitle(passkey.name)}
          action={t.account.passkeys.remove}
          onConfirm={remove}
          onClose={close}
        >
          {t.account.passkeys.removeText}
        </ConfirmDialog>
      )}
    </li>
  );
}
