import { useInfiniteQuery } from '@tanstack/preact-query';
import { AccountShell } from '../account/account-shell.tsx';
import { Button, ButtonLink } from '../design/button.tsx';
import { Panel } from '../design/panel.tsx';
import { Skeleton } from '../design/skeleton.tsx';
import { LoadProblem } from '../form/problem.tsx';
import { realms } from '../session/realms.ts';
import { useTexts } from '../texts/texts.tsx';
import { EventRow } from './event-row.tsx';

export default function ActivityPage() {
  const t = useTexts().account.activity;
  return (
    <AccountShell title={t.title}>
      <Panel
        title={t.listTitle}
        text={t.text}
        actions={<ButtonLink href="/app/security">{t.changePassword}</ButtonLink>}
        hasRows
      >
        <Timeline />
      </Panel>
    </AccountShell>
  );
}

function Timeline() {
  const t = useTexts();
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    {
      queryKey: ['user', 'security-events'],
      initialPageParam: '',
      queryFn: ({ pageParam: cursor }) =>
        realms.user.client.call('GET /api/users/me/security-events', {
          query: { page_size: 20, cursor },
        }),
      getNextPageParam: ({ next_cursor }) => next_cursor,
    },
  );
  if (error && !data) return <LoadProblem error={error} retry={() => void refetch()} />;
  if (!data) return <WaitingTimeline />;
  const events = data.pages.flatMap(({ items }) => items);
  if (events.length === 0) return <p class="empty">{t.account.activity.empty}</p>;
  return (
    <>
      <ol class="timeline panel-rows">
        {events.map((event) => (
          <EventRow key={event.id} event={event} />
        ))}
      </ol>
      {hasNextPage && (
        <div class="panel-body">
          <Button isWide isBusy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {t.account.activity.older}
          </Button>
        </div>
      )}
    </>
  );
}

function WaitingTimeline() {
  return (
    <div class="panel-body stack">
      <Skeleton width="40%" />
      <Skeleton width="55%" />
      <Skeleton width="45%" />
    </div>
  );
}
