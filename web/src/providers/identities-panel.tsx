import { useQuery } from '@tanstack/preact-query';
import { useState } from 'preact/hooks';
import type { Identity } from '../../../client/src/api.ts';
import { Button } from '../design/button.tsx';
import { ConfirmDialog } from '../design/confirm-dialog.tsx';
import { Icon } from '../design/icon.tsx';
import { Panel } from '../design/panel.tsx';
import { WaitingRow } from '../design/skeleton.tsx';
import { say } from '../design/toast.tsx';
import { LoadProblem, Problem } from '../form/problem.tsx';
import { useSubmit } from '../form/use-submit.ts';
import { withProof } from '../session/proof.ts';
import { queries } from '../session/queries.ts';
import { realms } from '../session/realms.ts';
import { settings } from '../session/settings.ts';
import { useFormat } from '../texts/format.ts';
import { useTexts } from '../texts/texts.tsx';

const { client } = realms.user;
const identitiesKey = ['user', 'identities'];

/** The accounts elsewhere that sign in to this one; nothing where there can be none. */
export function IdentitiesPanel() {
  const t = useTexts().account.providers;
  const { data, error, refetch } = useQuery({
    queryKey: identitiesKey,
    queryFn: () => client.call('GET /api/users/me/identities'),
  });
  const linked = data?.items;
  if (settings.providers.length === 0 && (linked === undefined || linked.length === 0)) return null;
  return (
    <Panel title={t.title} text={t.text} hasRows>
      {error ? (
        <LoadProblem error={error} retry={() => void refetch()} />
      ) : (
        <ul class="panel-rows">
          {linked === undefined && <WaitingRow />}
          {linked?.map((identity) => (
            <IdentityRow key={identity.id} identity={identity} />
          ))}
          {linked && <LinkRow linked={linked} />}
        </ul>
      )}
    </Panel>
  );
}

function IdentityRow({ identity }: { identity: Identity }) {
  const t = useTexts().account.providers;
  const format = useFormat();
  const [asks, setAsks] = useState(false);
  const { id, name, email, created_at: since, last_used_at: used } = identity;
  const unlink = async () => {
    await withProof(() => client.call('DELETE /api/users/me/identities/{id}', { path: { id } }));
    say(t.unlinked);
    await queries.invalidateQueries({ queryKey: identitiesKey });
  };
  return (
    <li>
      <span class="tile">
        <Icon name="user" />
      </span>
      <div class="grow">
        <strong class="clip">{name}</strong>
        {email !== null && <div class="quiet small clip">{email}</div>}
        <div class="quiet small">
          {t.since(format.date(since))}
          {used !== null && ` · ${t.lastUsed(format.ago(used))}`}
        </div>
      </div>
      <Button isCompact look="danger" onClick={() => setAsks(true)}>
        {t.unlink}
      </Button>
      {asks && (
        <ConfirmDialog
          title={t.unlinkTitle(name)}
          action={t.unlink}
          onConfirm={unlink}
          onClose={() => setAsks(false)}
        >
          {t.unlinkText}
        </ConfirmDialog>
      )}
    </li>
  );
}

/** A button for each provider that is not linked yet. */
function LinkRow({ linked }: { linked: readonly Identity[] }) {
  const t = useTexts().account.providers;
  const left = settings.providers.filter(({ id }) => linked.every((one) => one.provider !== id));
  if (left.length === 0) return null;
  return (
    <li>
      <div class="row wrap">
        {left.map(({ id, name }) => (
          <LinkButton key={id} id={id} words={t.link(name)} />
        ))}
      </div>
    </li>
  );
}

function LinkButton({ id, words }: { id: string; words: string }) {
  const form = useSubmit(async () => {
    const begun = await withProof(() =>
      client.call('POST /api/users/me/identities/{provider}/start', {
        path: { provider: id },
        body: { return_to: '/app/security' },
      }),
    );
    location.assign(begun.location);
  });
  return (
    <form onSubmit={form.onSubmit}>
      <Button type="submit" icon="plus" isBusy={form.isBusy}>
        {words}
      </Button>
      <Problem of={form} />
    </form>
  );
}
