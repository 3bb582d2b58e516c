import type { AuditEvent } from '../../../client/src/api.ts';
import { Icon, type IconName } from '../design/icon.tsx';
import { useFormat } from '../texts/format.ts';
import { useTexts } from '../texts/texts.tsx';

const icons: readonly [RegExp, IconName][] = [
  [/^sign_in/, 'key'],
  [/sign_out|session|refresh/, 'leave'],
  [/password/, 'key'],
  [/email|mail/, 'mail'],
  [/deleted|erased/, 'trash'],
  [/export/, 'download'],
  [/limit|denied|broken|reused/, 'alert'],
];

export function iconOfEvent(event: string): IconName {
  return icons.find(([pattern]) => pattern.test(event))?.[1] ?? 'user';
}

/** One security event of the own account. */
export function EventRow({ event }: { event: AuditEvent }) {
  const t = useTexts();
  const format = useFormat();
  const isBad = event.outcome !== 'success';
  return (
    <li>
      <span class="tile">
        <Icon name={iconOfEvent(event.event)} />
      </span>
      <div class="grow">
        <div class="row">
          <strong>{t.events[event.event]}</strong>
          {isBad && <span class="badge bad">{t.outcomes[event.outcome]}</span>}
          {event.actor?.kind === 'admin' && <span class="badge">{t.account.activity.byAdmin}</span>}
        </div>
        <div class="quiet small">
          <time dateTime={event.occurred_at} title={format.ago(event.occurred_at)}>
            {format.dateTime(event.occurred_at)}
          </time>
          {event.ip !== null && <span class="numbers"> · {event.ip}</span>}
        </div>
      </div>
    </li>
  );
}
