import { useQuery } from '@tanstack/preact-query';
import { useState } from 'preact/hooks';
import type { Mail, UserDetail } from '../../../../client/src/api.ts';
import { ButtonLink } from '../../design/button.tsx';
import { Icon } from '../../design/icon.tsx';
import { Panel } from '../../design/panel.tsx';
import { useFormat } from '../../texts/format.ts';
import { useTexts } from '../../texts/texts.tsx';
import { adminClient } from '../admin-client.ts';
import { MailBadge } from '../mails/mail-badge.tsx';
import { MailDialog } from '../mails/mail-dialog.tsx';
import { Requeue } from '../mails/requeue.tsx';
import { PanelList } from '../panel-list.tsx';

/** The mails to one user, those that could not be sent first; the mail queue has the rest. */
export function UserMailsPanel({ user: { id, email } }: { user: UserDetail }) {
  const t = useTexts().admin;
  const [shown, setShown] = useState<string | null>(null);
  const list = useQuery({
    queryKey: ['admin', 'user-mails', id],
    queryFn: ({ signal }) =>
      adminClient.call('GET /api/admins/mails', { query: { subject: id, page_size: 5 }, signal }),
  });
  const actions = (
    <ButtonLink href={`/app/admin/mails?subject=${id}`} isCompact>
      {t.nav.mails}
    </ButtonLink>
  );
  return (
    <Panel title={t.user.mails} actions={actions} hasRows>
      <PanelList list={list} none={t.user.noMails}>
        {(mail: Mail) => (
          <MailLine key={mail.id} mail={mail} email={email} onOpen={() => setShown(mail.id)} />
        )}
      </PanelList>
      {shown !== null && <MailDialog id={shown} onClose={() => setShown(null)} />}
    </Panel>
  );
}

type MailLineProps = { mail: Mail; email: string; onOpen: () => void };

/** The address is said where it is not the user's present one. */
function MailLine({ mail, email, onOpen }: MailLineProps) {
  const t = useTexts().admin.mails;
  const format = useFormat();
  const words = [
    format.dateTime(mail.created_at),
    ...(mail.recipient === email ? [] : [mail.recipient]),
    ...(mail.attempts > 1 ? [t.tries(format.number(mail.attempts))] : []),
    ...(mail.last_error === null ? [] : [mail.last_error]),
  ];
  return (
    <li>
      <span class="tile">
        <Icon name="mail" />
      </span>
      <div class="grow">
        <div class="row">
          <button type="button" class="row-open" onClick={onOpen}>
            {t.kinds[mail.kind] ?? mail.kind}
          </button>
          <MailBadge status={mail.status} />
        </div>
        <div class="quiet small">{words.join(' · ')}</div>
      </div>
      {mail.status === 'dead' && <Requeue id={mail.id} />}
    </li>
  );
}
