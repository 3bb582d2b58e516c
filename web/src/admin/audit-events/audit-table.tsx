import type { AuditEvent } from '../../../../client/src/api.ts';
import { Icon } from '../../design/icon.tsx';
import { TableFrame } from '../../design/table-frame.tsx';
import { iconOfEvent } from '../../security-events/event-row.tsx';
import { useFormat } from '../../texts/format.ts';
import { useTexts } from '../../texts/texts.tsx';
import { WaitingRows } from '../waiting-rows.tsx';

export function AuditTable({ events }: { events: readonly AuditEvent[] | null }) {
  const t = useTexts().admin;
  return (
    <TableFrame label={t.nav.audit}>
      <table class="table">
        <thead>
          <tr>
            <th>{t.audit.event}</th>
            <th>{t.audit.when}</th>
            <th>{t.audit.subject}</th>
            <th>{t.audit.actor}</th>
            <th>{t.audit.address}</th>
            <th>{t.audit.details}</th>
          </tr>
        </thead>
        {events === null ? (
          <WaitingRows columns={6} />
        ) : (
          <tbody>
            {events.map((event) => (
              <AuditRow key={event.id} event={event} />
            ))}
          </tbody>
        )}
      </table>
      {events?.length === 0 && <p class="empty">{t.audit.none}</p>}
    </TableFrame>
  );
}

function AuditRow({ event }: { event: AuditEvent }) {
  const t = useTexts();
  const format = useFormat();
  const details = detailsOf(event);
  return (
    <tr>
      <td>
        <span class="row-link">
          <span class="quiet row">
            <Icon name={iconOfEvent(event.event)} />
          </span>
          <span>{t.events[event.event]}</span>
          {event.outcome !== 'success' && (
            <span class="badge bad">{t.outcomes[event.outcome]}</span>
          )}
        </span>
      </td>
      <td class="numbers clip">
        <time dateTime={event.occurred_at} title={format.ago(event.occurred_at)}>
          {format.exact(event.occurred_at)}
        </time>
      </td>
      <td>
        <Party of={event.subject} />
      </td>
      <td>
        <Party of={event.actor} />
      </td>
      <td class="numbers clip">{event.ip ?? '–'}</td>
      <td class="clip quiet small" title={details}>
        {details || '–'}
      </td>
    </tr>
  );
}

function Party({ of: party }: { of: AuditEvent['subject'] }) {
  const t = useTexts().admin.audit;
  if (party === null) return <span class="quiet">–</span>;
  const words = party.kind === 'user' ? t.user : t.admin;
  const name = (
    <>
      {words} <code class="small">{party.id.slice(-12)}</code>
    </>
  );
  return party.kind === 'user' ? (
    <a href={`/app/admin/users/${party.id}`}>{name}</a>
  ) : (
    <span>{name}</span>
  );
}

function detailsOf({ details, request_id }: AuditEvent): string {
  const words = Object.entries(details).map(
    ([name, value]) => `${name} ${[value].flat().join(', ')}`,
  );
  return [...words, ...(request_id === null ? [] : [`request ${request_id}`])].join(' · ');
}
