import { useQuery } from '@tanstack/preact-query';
import { useState } from 'preact/hooks';
import type { Overview } from '../../../../client/src/api.ts';
import { Panel } from '../../design/panel.tsx';
import { LoadProblem } from '../../form/problem.tsx';
import { useTexts } from '../../texts/texts.tsx';
import { adminClient } from '../admin-client.ts';
import { PageHead } from '../page-head.tsx';
import { DayChart } from './day-chart.tsx';
import { DayTable } from './day-table.tsx';
import { QueuePanels } from './queue-panels.tsx';
import { DayStats } from './stats.tsx';
import { StatsWaiting } from './stats-waiting.tsx';
import { UsersPanel } from './users-panel.tsx';

const ranges = [7, 30, 90];
const refreshMilliseconds = 30_000;

export function OverviewPage() {
  const t = useTexts();
  const [range, setRange] = useState(30);
  const { data, error, refetch } = useQuery({
    queryKey: ['admin', 'overview'],
    queryFn: () => adminClient.call('GET /api/admins/overview'),
    refetchInterval: refreshMilliseconds,
  });
  return (
    <>
      <PageHead
        title={t.admin.nav.overview}
        lead={t.admin.overview.lead}
        actions={<RangeChoice range={range} onRange={setRange} />}
      />
      {error && !data ? (
        <LoadProblem error={error} retry={() => void refetch()} />
      ) : data ? (
        <Figures overview={data} range={range} />
      ) : (
        <Waiting />
      )}
    </>
  );
}

function RangeChoice({ range, onRange }: { range: number; onRange: (days: number) => void }) {
  const t = useTexts().admin.overview;
  return (
    <fieldset class="segments">
      <legend class="unseen">{t.range}</legend>
      {ranges.map((days) => (
        <button
          key={days}
          type="button"
          aria-pressed={range === days}
          onClick={() => onRange(days)}
        >
          {t.days(days)}
        </button>
      ))}
    </fieldset>
  );
}

function Figures({ overview, range }: { overview: Overview; range: number }) {
  const t = useTexts().admin.overview;
  const days = overview.days.slice(-range);
  return (
    <>
      <DayStats all={overview.days} range={range} />
      <Panel title={t.byDay}>
        <DayChart days={days} />
        <DayTable days={days} />
      </Panel>
      <div class="halves">
        <UsersPanel users={overview.users} />
        <QueuePanels overview={overview} />
      </div>
    </>
  );
}

function Waiting() {
  return (
    <>
      <StatsWaiting />
      <div class="panel panel-body">
        <div class="chart">
          <svg aria-hidden="true" />
        </div>
      </div>
    </>
  );
}
