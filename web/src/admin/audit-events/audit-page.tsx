import { keepPreviousData, useQuery } from '@tanstack/preact-query';
import type { Operations } from '../../../../client/src/client.ts';
import { LoadProblem } from '../../form/problem.tsx';
import { useTexts } from '../../texts/texts.tsx';
import { useAddressState } from '../address-state.ts';
import { adminClient } from '../admin-client.ts';
import { ListPages } from '../list-pages.tsx';
import { PageHead } from '../page-head.tsx';
import { AuditFilters } from './audit-filters.tsx';
import { AuditTable } from './audit-table.tsx';
import { ChainStrip } from './chain-strip.tsx';

type Query = NonNullable<Operations['GET /api/admins/audit-events']['query']>;

export default function AuditPage() {
  const t = useTexts().admin;
  const { query: address } = useAddressState();
  const query = queryOf(address);
  const { data, error, refetch } = useQuery({
    queryKey: ['admin', 'audit', query],
    queryFn: ({ signal }) => adminClient.call('GET /api/admins/audit-events', { query, signal }),
    placeholderData: keepPreviousData,
  });
  return (
    <>
      <PageHead title={t.nav.audit} lead={t.audit.lead} />
      <div class="stack">
        <ChainStrip />
        <AuditFilters />
        {error && !data ? (
          <LoadProblem error={error} retry={() => void refetch()} />
        ) : (
          <>
            <AuditTable events={data?.items ?? null} />
            <ListPages next={data?.next_cursor ?? null} />
          </>
        )}
      </div>
    </>
  );
}

/** Days of the reader's own time zone; `to` is the last day that is shown. */
function queryOf({ event, actor, subject, from, to, cursor }: Record<string, string>): Query {
  return {
    page_size: 25,
    ...(event ? { event: event as NonNullable<Query['event']> } : {}),
    ...(actor ? { actor } : {}),
    ...(subject ? { subject } : {}),
    ...(from && isDay(from) ? { from: startOf(from, 0) } : {}),
    ...(to && isDay(to) ? { to: startOf(to, 1) } : {}),
    ...(cursor ? { cursor } : {}),
  };
}

function isDay(text: string): boolean {
  return !Number.isNaN(Date.parse(`${text}T00:00:00`));
}

function startOf(day: string, later: number): string {
  const date = new Date(`${day}T00:00:00`);
  date.setDate(date.getDate() + later);
  return date.toISOString();
}
