import { useQuery } from '@tanstack/preact-query';
import { Panel } from '../../design/panel.tsx';
import { Skeleton } from '../../design/skeleton.tsx';
import { LoadProblem } from '../../form/problem.tsx';
import { useFormat } from '../../texts/format.ts';
import { useTexts } from '../../texts/texts.tsx';
import { type Health, readHealth } from './read-health.ts';

const refreshMilliseconds = 15_000;

export function HealthPanel() {
  const t = useTexts().admin.system;
  const { data, error, refetch } = useQuery({
    queryKey: ['admin', 'health'],
    queryFn: readHealth,
    refetchInterval: refreshMilliseconds,
  });
  return (
    <Panel title={t.health}>
      {error && !data ? (
        <LoadProblem error={error} retry={() => void refetch()} />
      ) : data ? (
        <HealthFacts health={data} />
      ) : (
        <div class="stack">
          <Skeleton width="60%" />
          <Skeleton width="50%" />
        </div>
      )}
    </Panel>
  );
}

function HealthFacts({ health }: { health: Health }) {
  const t = useTexts().admin.system;
  const format = useFormat();
  return (
    <div class="stack">
      <dl class="facts">
        <dt>{t.service}</dt>
        <dd>
          <Light isGood={health.status === 'healthy'} good={t.healthy} bad={t.unhealthy} />
        </dd>
        <dt>{t.database}</dt>
        <dd>
          <Light isGood={health.database.connected} good={t.connected} bad={t.unreachable} />
        </dd>
        <dt>{t.mail}</dt>
        <dd>
          <span class={health.email_configured ? 'badge good' : 'badge warn'}>
            {health.email_configured ? t.configured : t.notConfigured}
          </span>
        </dd>
        <dt>{t.version}</dt>
        <dd class="numbers">{health.version}</dd>
        <dt>{t.environment}</dt>
        <dd>{health.environment}</dd>
      </dl>
      <p class="quiet small">{t.checked(format.dateTime(health.timestamp))}</p>
    </div>
  );
}

function Light({ isGood, good, bad }: { isGood: boolean; good: string; bad: string }) {
  return <span class={isGood ? 'badge good' : 'badge bad'}>{isGood ? good : bad}</span>;
}
