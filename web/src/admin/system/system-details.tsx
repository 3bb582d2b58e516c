import { useQuery } from '@tanstack/preact-query';
import type { System } from '../../../../client/src/api.ts';
import { Button } from '../../design/button.tsx';
import { Panel } from '../../design/panel.tsx';
import { Skeleton } from '../../design/skeleton.tsx';
import { LoadProblem } from '../../form/problem.tsx';
import { useFormat } from '../../texts/format.ts';
import { useTexts } from '../../texts/texts.tsx';
import { adminClient } from '../admin-client.ts';
import { VariablesPanel } from './variables-panel.tsx';

/** The checks of `adl doctor` that the service makes itself, its secrets by age, its variables. */
export function SystemDetails() {
  const t = useTexts().admin.system;
  const { data, error, refetch, isFetching } = useQuery({
    queryKey: ['admin', 'system'],
    queryFn: ({ signal }) => adminClient.call('GET /api/admins/system', { signal }),
    // Each is a sign-in at the mail server, and more.
    staleTime: Number.POSITIVE_INFINITY,
  });
  const again = (
    <Button isCompact icon="refresh" isBusy={isFetching} onClick={() => void refetch()}>
      {t.checkAgain}
    </Button>
  );
  if (error && !data) return <LoadProblem error={error} retry={() => void refetch()} />;
  return (
    <>
      <div class="columns">
        <div>
          <Panel title={t.checks} text={t.checksText} actions={again} hasRows>
            {data ? <Checks checks={data.checks} /> : <Waiting />}
          </Panel>
        </div>
        <div>
          <Panel title={t.process} hasRows>
            {data ? <ProcessFacts system={data} /> : <Waiting />}
          </Panel>
        </div>
      </div>
      <VariablesPanel variables={data?.variables ?? null} />
    </>
  );
}

function Waiting() {
  return (
    <div class="panel-body stack" aria-busy="true">
      <Skeleton width="60%" />
      <Skeleton width="75%" />
      <Skeleton width="50%" />
    </div>
  );
}

type Status = System['checks'][number]['status'];
const looks: Record<Status, string> = {
  ok: 'badge good',
  warning: 'badge warn',
  failed: 'badge bad',
  skipped: 'badge',
};
const weight: Record<Status, number> = { failed: 0, warning: 1, ok: 2, skipped: 3 };

/** The worst first. */
function Checks({ checks }: Pick<System, 'checks'>) {
  const t = useTexts().admin.system;
  const sorted = checks.toSorted((one, other) => weight[one.status] - weight[other.status]);
  return (
    <ul class="panel-rows checks">
      {sorted.map(({ check, status, cause, advice }) => (
        <li key={`${check} ${cause}`}>
          <span class={looks[status]}>{t.statuses[status]}</span>
          <div class="grow">
            <strong>{check}</strong> <span>{cause}</span>
            {advice !== null && <div class="quiet small">{advice}</div>}
          </div>
        </li>
      ))}
    </ul>
  );
}

function ProcessFacts({ system }: { system: System }) {
  const t = useTexts().admin.system;
  const format = useFormat();
  const { secret_key: key, previous_secret_key: previous } = system;
  const facts: [string, string][] = [
    [t.database, system.database],
    ['Node.js', system.node_version],
    [t.started, format.ago(system.started_at)],
    [
      t.secretKey,
      key.in_use_since === null ? t.notUsedYet : t.since(format.date(key.in_use_since)),
    ],
    [t.previousKey, previous === null ? t.none : previous.id],
  ];
  return (
    <dl class="facts panel-body">
      {facts.map(([name, value]) => (
        <>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </>
      ))}
    </dl>
  );
}
