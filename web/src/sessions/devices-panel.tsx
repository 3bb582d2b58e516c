import { useQuery } from '@tanstack/preact-query';
import { useState } from 'preact/hooks';
import type { Session } from '../../../client/src/api.ts';
import { Button } from '../design/button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { Panel } from '../design/panel.tsx';
import { Skeleton } from '../design/skeleton.tsx';
import { say } from '../design/toast.tsx';
import { LoadProblem, Problem } from '../form/problem.tsx';
import { useSubmit } from '../form/use-submit.ts';
import { useOwnAccount } from '../session/own-account.tsx';
import { queries } from '../session/queries.ts';
import { endDeliberately } from '../session/session-end.ts';
import { useTexts } from '../texts/texts.tsx';
import { SessionRow, useDeviceName } from './session-row.tsx';

export function DevicesPanel() {
  const t = useTexts();
  const { realm } = useOwnAccount();
  const [asks, setAsks] = useState(false);
  const { data, error, refetch } = useQuery({
    queryKey: [realm.name, 'sessions'],
    queryFn: realm.sessions,
  });
  const actions = (
    <Button look="danger" onClick={() => setAsks(true)}>
      {t.account.devices.signOutAll}
    </Button>
  );
  return (
    <Panel title={t.account.devices.title} text={t.account.devices.text} actions={actions} hasRows>
      {error ? (
        <LoadProblem error={error} retry={() => void refetch()} />
      ) : (
        <ul class="panel-rows">
          {data ? (
            data.items.map((session) => <OwnSession key={session.id} session={session} />)
          ) : (
            <WaitingRow />
          )}
        </ul>
      )}
      {asks && <SignOutAllDialog onClose={() => setAsks(false)} />}
    </Panel>
  );
}

function WaitingRow() {
  return (
    <li>
      <div class="grow stack">
        <Skeleton width="30%" />
        <Skeleton width="50%" />
      </div>
    </li>
  );
}

function OwnSession({ session }: { session: Session }) {
  const t = useTexts();
  const { realm } = useOwnAccount();
  const device = useDeviceName(session.user_agent);
  const form = useSubmit(async () => {
    await realm.endSession(session.id);
    say(t.account.devices.signedOut);
    await queries.invalidateQueries({ queryKey: [realm.name, 'sessions'] });
  });
  const action = (
    <form onSubmit={form.onSubmit}>
      <Problem of={form} />
      <button
        type="submit"
        class="button plain compact"
        aria-label={t.account.devices.signOutOf(device)}
        aria-disabled={form.isBusy}
      >
        {t.account.devices.signOut}
      </button>
    </form>
  );
  return <SessionRow session={session} {...(session.current ? {} : { action })} />;
}

function SignOutAllDialog({ onClose }: { onClose: () => void }) {
  const t = useTexts();
  const { realm } = useOwnAccount();
  const form = useSubmit(async () => {
    await realm.endAllSessions();
    endDeliberately();
    await realm.client.signOut().catch(() => undefined);
    location.assign(realm.signInPage);
  });
  return (
    <Dialog title={t.account.devices.signOutAllTitle} onClose={onClose}>
      <p class="quiet">{t.account.devices.signOutAllText}</p>
      <form class="stack" onSubmit={form.onSubmit}>
        <Problem of={form} />
        <div class="dialog-actions">
          <Button onClick={onClose}>{t.cancel}</Button>
          <Button type="submit" look="danger" isBusy={form.isBusy}>
            {t.account.devices.signOutAll}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
