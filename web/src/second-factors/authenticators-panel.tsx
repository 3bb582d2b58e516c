import { useQuery } from '@tanstack/preact-query';
import { useState } from 'preact/hooks';
import type { Factor } from '../../../client/src/api.ts';
import { Button } from '../design/button.tsx';
import { ConfirmDialog } from '../design/confirm-dialog.tsx';
import { Icon } from '../design/icon.tsx';
import { Panel } from '../design/panel.tsx';
import { WaitingRow } from '../design/skeleton.tsx';
import { say } from '../design/toast.tsx';
import { LoadProblem, Problem } from '../form/problem.tsx';
import { useSubmit } from '../form/use-submit.ts';
import { factorsKey, refreshFactors } from '../passkeys/own-factors.ts';
import { useOwnAccount } from '../session/own-account.tsx';
import { useFormat } from '../texts/format.ts';
import { useTexts } from '../texts/texts.tsx';
import { AddAuthenticator } from './add-authenticator.tsx';
import { useRecoveryCodes } from './recovery-codes.tsx';

/** Apps that show codes, and the recovery codes of the account. */
export function AuthenticatorsPanel() {
  const t = useTexts().secondFactors;
  const { realm } = useOwnAccount();
  const { data, error, refetch } = useQuery({
    queryKey: factorsKey(realm),
    queryFn: realm.factors,
  });
  const apps = data?.items.filter(({ kind }) => kind === 'totp');
  return (
    <Panel title={t.title} text={t.text} actions={<AddAuthenticator />} hasRows>
      {error ? (
        <LoadProblem error={error} retry={() => void refetch()} />
      ) : (
        <ul class="panel-rows">
          {apps?.map((app) => (
            <AuthenticatorRow key={app.id} app={app} />
          ))}
          {apps?.length === 0 && <li class="quiet">{t.none}</li>}
          {data === undefined && <WaitingRow />}
          {data !== undefined && data.items.length > 0 && (
            <RecoveryCodesRow left={data.recovery_codes_left} />
          )}
        </ul>
      )}
    </Panel>
  );
}

function AuthenticatorRow({ app }: { app: Factor }) {
  const t = useTexts().secondFactors;
  const format = useFormat();
  const { realm } = useOwnAccount();
  const [asks, setAsks] = useState(false);
  const remove = async () => {
    await realm.removeFactor(app.id);
    say(t.removed);
    await refreshFactors(realm);
  };
  return (
    <li>
      <span class="tile">
        <Icon name="phone" />
      </span>
      <div class="grow">
        <strong class="clip">{app.name}</strong>
        <div class="quiet small">
          {t.since(format.date(app.created_at))}
          {app.last_used_at !== null && ` · ${t.lastUsed(format.ago(app.last_used_at))}`}
        </div>
      </div>
      <Button isCompact label={t.removeOf(app.name)} icon="trash" onClick={() => setAsks(true)} />
      {asks && (
        <ConfirmDialog
          title={t.removeTitle(app.name)}
          action={t.remove}
          onConfirm={remove}
          onClose={() => setAsks(false)}
        >
          {t.removeText}
        </ConfirmDialog>
      )}
    </li>
  );
}

function RecoveryCodesRow({ left }: { left: number }) {
  const t = useTexts().secondFactors;
  const { realm } = useOwnAccount();
  const { renew, dialog } = useRecoveryCodes(realm);
  const form = useSubmit(async () => {
    await renew();
    await refreshFactors(realm);
  });
  return (
    <li>
      <span class="tile">
        <Icon name="list" />
      </span>
      <div class="grow">
        <strong>{t.codesTitle}</strong>
        <div class="quiet small">{t.codesLeft(left)}</div>
      </div>
      <form onSubmit={form.onSubmit}>
        <Button type="submit" isCompact isBusy={form.isBusy}>
          {left === 0 ? t.codesMake : t.codesRenew}
        </Button>
        <Problem of={form} />
      </form>
      {dialog}
    </li>
  );
}
