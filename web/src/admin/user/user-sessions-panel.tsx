import type { UserDetail } from '../../../../client/src/api.ts';
import { Button } from '../../design/button.tsx';
import { Panel } from '../../design/panel.tsx';
import { say } from '../../design/toast.tsx';
import { Problem } from '../../form/problem.tsx';
import { useSubmit } from '../../form/use-submit.ts';
import { queries } from '../../session/queries.ts';
import { SessionRow } from '../../sessions/session-row.tsx';
import { useTexts } from '../../texts/texts.tsx';
import { adminClient } from '../admin-client.ts';

export function UserSessionsPanel({ user }: { user: UserDetail }) {
  const t = useTexts().admin.user;
  const form = useSubmit(async () => {
    await adminClient.call('POST /api/admins/users/{id}/revoke-sessions', {
      path: { id: user.id },
    });
    say(t.signedOut);
    await queries.invalidateQueries({ queryKey: ['admin'] });
  });
  const isEmpty = user.sessions.length === 0;
  const actions = (
    <form onSubmit={form.onSubmit}>
      <Button type="submit" isCompact isBusy={form.isBusy} isDisabled={isEmpty}>
        {t.signOutAll}
      </Button>
    </form>
  );
  return (
    <Panel title={t.sessions} actions={actions} hasRows>
      <Problem of={form} />
      {isEmpty ? (
        <p class="panel-body quiet">{t.noSessions}</p>
      ) : (
        <ul class="panel-rows">
          {user.sessions.map((session) => (
            <SessionRow key={session.id} session={session} />
          ))}
        </ul>
      )}
    </Panel>
  );
}
