import { keepPreviousData, useQuery } from '@tanstack/preact-query';
import { useState } from 'preact/hooks';
import type { Operations } from '../../../../client/src/client.ts';
import { Button } from '../../design/button.tsx';
import { LoadProblem } from '../../form/problem.tsx';
import { useTexts } from '../../texts/texts.tsx';
import { useAddressState } from '../address-state.ts';
import { adminClient } from '../admin-client.ts';
import { Choice } from '../choice.tsx';
import { ListPages } from '../list-pages.tsx';
import { PageHead } from '../page-head.tsx';
import { SubjectChip } from '../subject-chip.tsx';
import { MailDialog } from './mail-dialog.tsx';
import { MailsTable } from './mails-table.tsx';
import { TestMailDialog } from './test-mail-dialog.tsx';

type Query = NonNullable<Operations['GET /api/admins/mails']['query']>;

const refreshMilliseconds = 10_000;

export default function MailsPage() {
  const t = useTexts().admin;
  const { query: address, change } = useAddressState();
  const [isTesting, setTesting] = useState(false);
  const query: Query = {
    page_size: 25,
    ...(address.status ? { status: address.status as NonNullable<Query['status']> } : {}),
    ...(address.subject ? { subject: address.subject } : {}),
    ...(address.cursor ? { cursor: address.cursor } : {}),
  };
  const { data, error, refetch } = useQuery({
    queryKey: ['admin', 'mails', query],
    queryFn: ({ signal }) => adminClient.call('GET /api/admins/mails', { query, signal }),
    placeholderData: keepPreviousData,
    refetchInterval: refreshMilliseconds,
  });
  // The list stays where it is below the mail.
  const showMail = (mail: string | null) => change({ mail, cursor: address.cursor ?? null });
  return (
    <>
      <PageHead
        title={t.nav.mails}
        lead={t.mails.lead}
        actions={
          <Button icon="mail" onClick={() => setTesting(true)}>
            {t.mails.test}
          </Button>
        }
      />
      <div class="stack">
        <div class="filters">
          <Choice
            label={t.mails.status}
            value={address.status ?? ''}
            options={[['', t.mails.any], ...Object.entries(t.mails.statuses)]}
            onChoose={(status) => change({ status })}
          />
          <SubjectChip name="subject" label={t.mails.about} />
        </div>
        {error && !data ? (
          <LoadProblem error={error} retry={() => void refetch()} />
        ) : (
          <>
            <MailsTable mails={data?.items ?? null} onOpen={showMail} />
            <ListPages next={data?.next_cursor ?? null} />
          </>
        )}
      </div>
      {address.mail && <MailDialog id={address.mail} onClose={() => showMail(null)} />}
      {isTesting && <TestMailDialog onClose={() => setTesting(false)} />}
    </>
  );
}
