import { useId, useState } from 'preact/hooks';
import type { UserDetail } from '../../../../client/src/api.ts';
import { Button } from '../../design/button.tsx';
import { Panel } from '../../design/panel.tsx';
import { say } from '../../design/toast.tsx';
import { Problem } from '../../form/problem.tsx';
import { useSubmit } from '../../form/use-submit.ts';
import { useTexts } from '../../texts/texts.tsx';
import { changeUser } from './change-user.ts';

type MetadataPanelProps = { user: UserDetail; etag: string | null };

export function MetadataPanel({ user, etag }: MetadataPanelProps) {
  const t = useTexts();
  const words = t.admin.user;
  const id = useId();
  const [isBad, setBad] = useState(false);
  const form = useSubmit(async ({ app_metadata = '' }) => {
    const value = parseObject(app_metadata);
    setBad(value === null);
    if (value === null) return;
    await changeUser(user.id, etag, { app_metadata: value });
    say(t.saved);
  });
  return (
    <Panel title={words.metadata} text={words.metadataText}>
      <form class="stack" onSubmit={form.onSubmit} noValidate>
        <div class="field">
          <span class="label">{words.ownMetadata}</span>
          <pre class="json">{JSON.stringify(user.metadata, null, 2)}</pre>
        </div>
        <div class="field">
          <label for={id}>{words.appMetadata}</label>
          <textarea
            class="input"
            id={id}
            name="app_metadata"
            spellcheck={false}
            aria-invalid={isBad}
            aria-describedby={`${id}-hint`}
            defaultValue={JSON.stringify(user.app_metadata, null, 2)}
            onInput={form.onType}
          />
          <div
            class={isBad ? 'fault' : 'hint'}
            id={`${id}-hint`}
            role={isBad ? 'alert' : undefined}
          >
            {isBad ? words.badJson : words.appMetadataHint}
          </div>
        </div>
        <Problem of={form} />
        <div class="row">
          <Button type="submit" isCompact isBusy={form.isBusy}>
            {t.save}
          </Button>
        </div>
      </form>
    </Panel>
  );
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? { ...value }
      : null;
  } catch {
    return null;
  }
}
