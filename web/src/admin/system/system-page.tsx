import { useQuery } from '@tanstack/preact-query';
import { Panel } from '../../design/panel.tsx';
import { Skeleton } from '../../design/skeleton.tsx';
import { LoadProblem } from '../../form/problem.tsx';
import { settings } from '../../session/settings.ts';
import { useFormat } from '../../texts/format.ts';
import { useTexts } from '../../texts/texts.tsx';
import { PageHead } from '../page-head.tsx';
import { type Health, readHealth } from './read-health.ts';

const refreshMilliseconds = 15_000;

export default function SystemPage() {
  const t = useTexts().admin;
  const { data, error, refetch } = useQuery({
    queryKey: ['admin', 'health'],
    queryFn: readHealth,
    refetchInterval: refreshMilliseconds,
  });
  return (
    <>
      <PageHead title={t.nav.system} lead={t.system.lead} />
      <div class="halves">
        <Panel title={t.system.health}>
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
        <SettingsPanel />
      </div>
    </>
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

function SettingsPanel() {
  const t = useTexts().admin.system;
  const format = useFormat();
  const rows: [string, string][] = [
    [t.project, settings.project_name],
    [t.passwords, format.number(settings.password_min_length.user)],
    [t.adminPasswords, format.number(settings.password_min_length.admin)],
    [t.usernames, settings.usernames === 'required' ? t.usernamesRequired : t.usernamesOptional],
    [t.grace, t.days(settings.deleted_user_grace_days)],
    [t.documentation, settings.documentation ? t.on : t.off],
  ];
  return (
    <Panel title={t.setup}>
      <dl class="facts">
        {rows.map(([name, value]) => (
          <>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </>
        ))}
      </dl>
    </Panel>
  );
}
