import type { Mail } from '../../../../client/src/api.ts';
import { Button } from '../../design/button.tsx';
import { TableFrame } from '../../design/table-frame.tsx';
import { say } from '../../design/toast.tsx';
import { Problem } from '../../form/problem.tsx';
import { useSubmit } from '../../form/use-submit.ts';
import { queries } from '../../session/queries.ts';
import { useFormat } from '../../texts/format.ts';
import { useTexts } from '../../texts/texts.tsx';
import { adminClient } from '../admin-client.ts';
import { WaitingRows } from '../waiting-rows.tsx';

const looks: Record<Mail['status'], string> = {
  queued: 'badge warn',
  sent: 'badge good',
  kept: 'badge',
  dead: 'badge bad',
};

export function MailsTable({ mails }: { mails: readonly Mail[] | null }) {
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
              <MailRow key={mail.id} mail={mail} />
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

function MailRow({ mail }: { mail: Mail }) {
  const t = useTexts().admin.mails;
  const format = useFormat();
  return (
    <tr>
      <td>
        <strong>{t.kinds[mail.kind] ?? mail.kind}</strong>
      </td>
      <td class="clip">{mail.recipient}</td>
      <td>
        <span class={looks[mail.status]}>{t.statuses[mail.status]}</span>
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
      <td class="number">{mail.status === 'dead' && <Requeue mail={mail} />}</td>
    </tr>
  );
}

function Requeue({ mail }: { mail: Mail }) {
  const t = useTexts().admin.mails;
  const form = useSubmit(async () => {
    await adminClient.call('POST /api/admins/mails/{id}/requeue', { path: { id: mail.id } });
    say(t.requeued);
    await queries.invalidateQueries({ queryKey: ['admin'] });
  });
  return (
    <form onSubmit={form.onSubmit}>
      <Problem of={form} />
      <Button type="submit" isCompact icon="refresh" isBusy={form.isBusy}>
        {t.requeue}
      </Button>
    </form>
  );
}
