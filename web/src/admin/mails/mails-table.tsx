import type { Mail } from '../../../../client/src/api.ts';
import { TableFrame } from '../../design/table-frame.tsx';
import { useFormat } from '../../texts/format.ts';
import { useTexts } from '../../texts/texts.tsx';
import { WaitingRows } from '../waiting-rows.tsx';
import { MailBadge } from './mail-badge.tsx';
import { Requeue } from './requeue.tsx';

type MailsTableProps = { mails: readonly Mail[] | null; onOpen: (id: string) => void };

export function MailsTable({ mails, onOpen }: MailsTableProps) {
  const t = useTexts().admin;
  return (
    <TableFrame label={t.nav.mails}>
      <table class="table">
        <thead>
          <tr>
            <th>{t.mails.kind}</th>
            <th>{t.mails.recipient}</th>
            <th>{t.mails.status}</th>
            <th class="number">{t.mails.attempts}</th>
            <th>{t.mails.error}</th>
            <th>{t.mails.created}</th>
            <th>
              <span class="unseen">{t.mails.requeue}</span>
            </th>
          </tr>
        </thead>
        {mails === null ? (
          <WaitingRows columns={7} />
        ) : (
          <tbody>
            {mails.map((mail) => (
              <MailRow key={mail.id} mail={mail} onOpen={() => onOpen(mail.id)} />
            ))}
          </tbody>
        )}
      </table>
      {mails?.length === 0 && (
        <div class="empty">
          <h2>{t.mails.none}</h2>
          <p>{t.mails.noneText}</p>
        </div>
      )}
    </TableFrame>
  );
}

function MailRow({ mail, onOpen }: { mail: Mail; onOpen: () => void }) {
  const t = useTexts().admin.mails;
  const format = useFormat();
  return (
    <tr>
      <td>
        <button type="button" class="row-open" onClick={onOpen}>
          {t.kinds[mail.kind] ?? mail.kind}
        </button>
      </td>
      <td class="clip">
        {mail.subject?.kind === 'user' ? (
          <a href={`/app/admin/users/${mail.subject.id}`}>{mail.recipient}</a>
        ) : (
          mail.recipient
        )}
      </td>
      <td>
        <MailBadge status={mail.status} />
      </td>
      <td class="number">{format.number(mail.attempts)}</td>
      <td class="clip quiet" title={mail.last_error ?? undefined}>
        {mail.last_error ?? '–'}
      </td>
      <td class="numbers clip">
        <time dateTime={mail.created_at} title={format.dateTime(mail.created_at)}>
          {format.ago(mail.created_at)}
        </time>
      </td>
      <td class="number">{mail.status === 'dead' && <Requeue id={mail.id} />}</td>
    </tr>
  );
}
