import { useQuery } from '@tanstack/preact-query';
import { ButtonLink } from '../../design/button.tsx';
import { Panel } from '../../design/panel.tsx';
import { Skeleton } from '../../design/skeleton.tsx';
import { LoadProblem } from '../../form/problem.tsx';
import { EventRow } from '../../security-events/event-row.tsx';
import { useTexts } from '../../texts/texts.tsx';
import { adminClient } from '../admin-client.ts';

/** The newest events of one user; the audit log has the rest. */
export function UserEventsPanel({ id }: { id: string }) {
  const t = useTexts().admin;
  const { data, error, refetch } = useQuery({
    queryKey: ['admin', 'user-events', id],
    queryFn: () =>
      adminClient.call('GET /api/admins/audit-events', { query: { subject: id, page_size: 10 } }),
  });
  const actions = (
    <ButtonLink href={`/app/admin/audit?subject=${id}`} isCompact>
      {t.nav.audit}
    </ButtonLink>
  );
  return (
    <Panel title={t.user.events} actions={actions} hasRows>
      {error && !data ? (
        <LoadProblem error={error} retry={() => void refetch()} />
      ) : data === undefined ? (
        <div class="panel-body stack">
          <Skeleton width="50%" />
          <Skeleton width="40%" />
        </div>
      ) : data.items.length === 0 ? (
        <p class="panel-body quiet">{t.user.noEvents}</p>
      ) : (
        <ol class="timeline panel-rows">
          {data.items.map((event) => (
            <EventRow key={event.id} event={event} />
          ))}
        </ol>
      )}
    </Panel>
  );
}
