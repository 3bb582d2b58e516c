import { useQuery } from '@tanstack/preact-query';
import { useState } from 'preact/hooks';
import type { MailDetail } from '../../../../client/src/api.ts';
import { Dialog } from '../../design/dialog.tsx';
import { Skeleton } from '../../design/skeleton.tsx';
import { LoadProblem } from '../../form/problem.tsx';
import { useFormat } from '../../texts/format.ts';
import { useTexts } from '../../texts/texts.tsx';
import { adminClient } from '../admin-client.ts';
import { MailBadge } from './mail-badge.tsx';
import { MailFrame } from './mail-frame.tsx';
import { Requeue } from './requeue.tsx';

/** A mail of any state, with everything but the token of its link. */
export function MailDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const t = useTexts().admin.mails;
  const { data, error, refetch } = useQuery({
    queryKey: ['admin', 'mail', id],
    queryFn: ({ signal }) =>
      adminClient.call('GET /api/admins/mails/{id}', { path: { id }, signal }),
  });
  return (
    <Dialog title={data?.message?.subject ?? t.preview} onClose={onClose} isWide>
      {error && !data ? (
        <LoadProblem error={error} retry={() => void refetch()} />
      ) : data ? (
        <Loaded mail={data} />
      ) : (
        <div class="stack" aria-busy="true">
          <Skeleton width="60%" />
          <Skeleton width="40%" />
          <div class="mail-frame" />
        </div>
      )}
    </Dialog>
  );
}

function Loaded({ mail }: { mail: MailDetail }) {
  const t = useTexts().admin.mails;
  const [isText, setText] = useState(false);
  return (
    <>
      <MailFacts mail={mail} />
      {mail.message === null ? (
        <p class="notice">{t.notComposed}</p>
      ) : (
        <>
          <fieldset class="segments">
            <legend class="unseen">{t.preview}</legend>
            <button type="button" aria-pressed={!isText} onClick={() => setText(false)}>
              {t.asHtml}
            </button>
            <button type="button" aria-pressed={isText} onClick={() => setText(true)}>
              {t.asText}
            </button>
          </fieldset>
          {isText ? (
            <pre class="mail-plain">{mail.message.text}</pre>
          ) : (
            <MailFrame html={mail.message.html} title={t.preview} />
          )}
          {mail.link !== null && <p class="quiet small">{t.linkHidden}</p>}
        </>
      )}
    </>
  );
}

function MailFacts({ mail }: { mail: MailDetail }) {
  const t = useTexts().admin.mails;
  const format = useFormat();
  const facts: [string, string][] = [
    [t.created, format.dateTime(mail.created_at)],
    mail.finished_at === null
      ? [t.until, format.dateTime(mail.expires_at)]
      : [t.finished, format.dateTime(mail.finished_at)],
    [t.attempts, format.number(mail.attempts)],
    ...(mail.last_error === null ? [] : [[t.error, mail.last_error] as [string, string]]),
    ...(mail.link === null
      ? []
      : [[t.link, mail.link === 'open' ? t.linkOpen : t.linkEnded] as [string, string]]),
  ];
  return (
    <dl class="facts">
      <dt>{t.recipient}</dt>
      <dd>
        {mail.subject?.kind === 'user' ? (
          <a href={`/app/admin/users/${mail.subject.id}`}>{mail.recipient}</a>
        ) : (
          mail.recipient
        )}
      </dd>
      <dt>{t.status}</dt>
      <dd class="row">
        <MailBadge status={mail.status} />
        {mail.status === 'dead' && mail.link !== 'ended' && <Requeue id={mail.id} />}
      </dd>
      {facts.map(([name, value]) => (
        <>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </>
      ))}
    </dl>
  );
}
