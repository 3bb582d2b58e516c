import { useEffect, useState } from 'preact/hooks';
import { ApiError } from '../../../client/src/client.ts';
import { Button, ButtonLink } from '../design/button.tsx';
import { Icon } from '../design/icon.tsx';
import { useFormat } from '../texts/format.ts';
import { useTexts } from '../texts/texts.tsx';
import { describeProblem, type FormProblem } from './describe-problem.ts';
import type { Submission } from './use-submit.ts';

/** What went wrong with a form as a whole. */
export function Problem({ of: { problem } }: { of: Submission }) {
  return <div role="alert">{problem && <ProblemNotice problem={problem} />}</div>;
}

export function ProblemNotice({
  problem: { message, waitUntil, requestId },
}: {
  problem: FormProblem;
}) {
  if (waitUntil !== null) return <Countdown until={waitUntil} requestId={requestId} />;
  if (message === null) return null;
  return (
    <div class="notice bad">
      <Icon name="alert" />
      <div>
        {message}
        <RequestId id={requestId} />
      </div>
    </div>
  );
}

function RequestId({ id }: { id: string | null }) {
  const t = useTexts();
  if (id === null) return null;
  return (
    <span class="request-id">
      {t.problem.requestId} {id}
    </span>
  );
}

function Countdown({ until, requestId }: { until: number; requestId: string | null }) {
  const t = useTexts();
  const format = useFormat();
  const left = useSecondsUntil(until);
  return (
    <div class={left > 0 ? 'notice warn' : 'notice good'}>
      <Icon name={left > 0 ? 'alert' : 'check'} />
      <div>
        {left > 0 ? t.problem.tooMany(format.wait(left)) : t.problem.tooManyOver}
        {left > 0 && <RequestId id={requestId} />}
      </div>
    </div>
  );
}

function useSecondsUntil(until: number): number {
  const secondsLeft = () => Math.max(0, Math.ceil((until - Date.now()) / 1000));
  const [left, setLeft] = useState(secondsLeft);
  useEffect(() => {
    setLeft(secondsLeft());
    const timer = setInterval(() => setLeft(secondsLeft()), 1000);
    return () => clearInterval(timer);
  }, [until]);
  return left;
}

/** The service wants a second factor of every admin, and this one has none. */
function needsSetUp(error: unknown): boolean {
  return error instanceof ApiError && error.reason === 'second_factor_setup_required';
}

/** In place of what could not be loaded. */
export function LoadProblem({ error, retry }: { error: unknown; retry: () => void }) {
  const t = useTexts();
  const problem = describeProblem(error, [], t);
  return (
    <div class="empty" role="alert">
      <Icon name="alert" />
      <h2>{t.problem.load}</h2>
      <ProblemNotice problem={problem} />
      {needsSetUp(error) ? (
        <ButtonLink href="/app/admin/account" look="primary" icon="key">
          {t.secondFactors.setUp}
        </ButtonLink>
      ) : (
        <Button icon="refresh" onClick={retry}>
          {t.retry}
        </Button>
      )}
    </div>
  );
}
