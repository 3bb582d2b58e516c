import { useQuery } from '@tanstack/preact-query';
import type { AuditEvent } from '../../../../client/src/api.ts';
import { ButtonLink } from '../../design/button.tsx';
import { Panel } from '../../design/panel.tsx';
import { EventRow } from '../../security-events/event-row.tsx';
import { useTexts } from '../../texts/texts.tsx';
import { adminClient } from '../admin-client.ts';
import { PanelList } from '../panel-list.tsx';

/** The newest events of one user; the audit log has the rest. */
export function UserEventsPanel({ id }: { id: string }) {
  const t = useTexts().admin;
  const list = useQuery({
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
      <PanelList list={list} none={t.user.noEvents} className="timeline">
        {(event: AuditEvent) => <EventRow key={event.id} event={event} />}
      </PanelList>
    </Panel>
  );
}
