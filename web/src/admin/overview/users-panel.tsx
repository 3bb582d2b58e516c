import type { Overview } from '../../../../client/src/api.ts';
import { ButtonLink } from '../../design/button.tsx';
import { Panel } from '../../design/panel.tsx';
import { useFormat } from '../../texts/format.ts';
import { useTexts } from '../../texts/texts.tsx';
import { ShareBar } from './share-bar.tsx';

export function UsersPanel({ users }: { users: Overview['users'] }) {
  const t = useTexts().admin;
  const format = useFormat();
  const total = users.active + users.inactive;
  return (
    <Panel
      title={t.overview.users}
      text={t.overview.usersText(format.number(total))}
      actions={<ButtonLink href="/app/admin/users">{t.nav.users}</ButtonLink>}
    >
      {total + users.deleted === 0 ? (
        <div class="empty">
          <h3>{t.overview.first}</h3>
          <p>{t.overview.firstText}</p>
          <ButtonLink href="/app/sign-up">{t.overview.openSignUp}</ButtonLink>
        </div>
      ) : (
        <div class="stack">
          <ShareBar
            shares={[
              { label: t.overview.active, value: users.active, look: 'series-1' },
              { label: t.overview.inactive, value: users.inactive, look: 'series-4' },
              { label: t.overview.deleted, value: users.deleted, look: 'series-5' },
            ]}
          />
          <dl class="facts">
            <dt>{t.overview.verified}</dt>
            <dd class="numbers">{format.number(users.verified)}</dd>
            <dt>{t.overview.superusers}</dt>
            <dd class="numbers">{format.number(users.superusers)}</dd>
            <dt>{t.overview.invited}</dt>
            <dd class="numbers">{format.number(users.invited)}</dd>
          </dl>
        </div>
      )}
    </Panel>
  );
}
