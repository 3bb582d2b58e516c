import { useQuery } from '@tanstack/preact-query';
import type { AuditChain } from '../../../../client/src/api.ts';
import { Icon } from '../../design/icon.tsx';
import { Skeleton } from '../../design/skeleton.tsx';
import { LoadProblem } from '../../form/problem.tsx';
import { useFormat } from '../../texts/format.ts';
import { useTexts } from '../../texts/texts.tsx';
import { adminClient } from '../admin-client.ts';

const refreshMilliseconds = 30_000;

/** Whether the log is as the service wrote it, as far as that was checked. */
export function ChainStrip() {
  const t = useTexts();
  const { data, error, refetch } = useQuery({
    queryKey: ['admin', 'audit-chain'],
    queryFn: ({ signal }) => adminClient.call('GET /api/admins/audit-chain', { signal }),
    refetchInterval: refreshMilliseconds,
  });
  return (
    <section class="panel chain-strip" aria-label={t.admin.audit.chain}>
      {error && !data ? (
        <LoadProblem error={error} retry={() => void refetch()} />
      ) : data ? (
        <ChainState chain={data} />
      ) : (
        <div class="stack" aria-busy="true">
          <Skeleton width="45%" />
          <Skeleton width="60%" />
        </div>
      )}
    </section>
  );
}

function ChainState({ chain }: { chain: AuditChain }) {
  const t = useTexts().admin.audit;
  const format = useFormat();
  const { recent, breaks, last_verification: last } = chain;
  const isSound = recent.is_sound && breaks === 0 && last?.is_sound !== false;
  return (
    <>
      <div class="row">
        <span class={isSound ? 'badge good' : 'badge bad'}>
          <Icon name={isSound ? 'check' : 'alert'} />
          {isSound ? t.sound : t.damaged}
        </span>
        <span>
          {recent.is_sound
            ? t.recentSound(format.number(recent.entries))
            : t.recentDamaged(format.number(recent.findings.length))}
        </span>
        {breaks > 0 && (
          <a href="/app/admin/audit?event=audit_chain_broken">{t.breaks(format.number(breaks))}</a>
        )}
      </div>
      <Findings chain={chain} />
      <p class="quiet small">
        <ChainFacts chain={chain} />
      </p>
    </>
  );
}

const shownFindings = 5;

function Findings({ chain: { recent } }: { chain: AuditChain }) {
  if (recent.is_sound) return null;
  return (
    <ul class="findings">
      {recent.findings.slice(0, shownFindings).map(({ kind, position, message }) => (
        <li key={`${kind} ${position}`}>{message}</li>
      ))}
    </ul>
  );
}

function ChainFacts({ chain }: { chain: AuditChain }) {
  const t = useTexts().admin.audit;
  const format = useFormat();
  const { end, pending, last_verification: last } = chain;
  const words = [
    end === null
      ? t.noChain
      : t.chainEnds(
          format.number(Number(end.position)),
          end.chained_at === null ? '?' : format.ago(end.chained_at),
        ),
    ...(pending > 0 ? [t.pending(pending, format.number(pending))] : []),
  ];
  if (last === null) words.push(t.neverVerified);
  else words.push((last.is_sound ? t.verified : t.verifiedDamaged)(format.ago(last.at)));
  return (
    <>
      {words.join(' ')} {last === null && <code>adl audit verify</code>}
    </>
  );
}
