import type { ComponentChildren } from 'preact';
import type { Session } from '../../../client/src/api.ts';
import { Icon } from '../design/icon.tsx';
import { useFormat } from '../texts/format.ts';
import { useTexts } from '../texts/texts.tsx';
import { describeDevice } from './describe-device.ts';

/** One session: the device, where it is and since when. */
export function SessionRow({ session, action }: { session: Session; action?: ComponentChildren }) {
  const t = useTexts().account.devices;
  const format = useFormat();
  const device = useDeviceName(session.user_agent);
  const { isPhone } = describeDevice(session.user_agent);
  return (
    <li>
      <span class="tile">
        <Icon name={isPhone ? 'phone' : 'device'} />
      </span>
      <div class="grow">
        <div class="row">
          <strong>{device}</strong>
          {session.current && <span class="badge accent">{t.current}</span>}
        </div>
        <div class="quiet small">
          {session.ip !== null && <span class="numbers">{session.ip} · </span>}
          <time dateTime={session.last_used_at} title={format.dateTime(session.last_used_at)}>
            {t.lastUsed(format.ago(session.last_used_at))}
          </time>
          {' · '}
          {t.since(format.date(session.created_at))}
        </div>
      </div>
      {action}
    </li>
  );
}

export function useDeviceName(userAgent: string | null): string {
  const t = useTexts().account.devices;
  const { browser, system } = describeDevice(userAgent);
  if (browser !== null && system !== null) return t.on(browser, system);
  return browser ?? system ?? t.unknown;
}
